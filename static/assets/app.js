// OneVision's one script. Every page works without it: it draws charts whose
// numbers stand in a table beside them, and refreshes figures on a page that
// is left open. It holds no data and writes no HTML of its own.
(function () {
  'use strict';

  document.body.classList.add('js-enabled');

  // ---- charts ------------------------------------------------------------

  // Functions cannot travel in JSON, so an option names one of these under
  // "x-format", beside where ECharts expects a formatter.
  function number(places) {
    var format = new Intl.NumberFormat('en-GB', { minimumFractionDigits: places, maximumFractionDigits: places });
    return function (v) { return format.format(v); };
  }
  function percent(places) {
    var format = number(places);
    return function (v) { return format(v) + '%'; };
  }
  var formats = {
    count: number(0),
    number0: number(0),
    number1: number(1),
    number2: number(2),
    percent0: percent(0),
    percent1: percent(1),
    percent2: percent(2),
    days: function (v) { return formats.number0(v) + ' days'; },
    days1: function (v) { return formats.number1(v) + ' days'; }
  };

  function numeric(v) {
    if (Array.isArray(v)) { v = v[v.length - 1]; }
    return typeof v === 'number' ? v : parseFloat(v);
  }

  // revive puts functions where the option names them. A tooltip gets a
  // valueFormatter, an axis a formatter of its value, a label one of its point.
  function revive(node, key) {
    if (Array.isArray(node)) {
      node.forEach(function (n) { revive(n, key); });
      return;
    }
    if (!node || typeof node !== 'object') { return; }
    Object.keys(node).forEach(function (k) { if (k !== 'x-format') { revive(node[k], k); } });
    var format = formats[node['x-format']];
    if (!format) { return; }
    delete node['x-format'];
    var shown = function (v) {
      var n = numeric(v);
      return isNaN(n) ? 'no data' : format(n);
    };
    if (key === 'tooltip') {
      node.valueFormatter = shown;
    } else if (key === 'axisLabel' || key === 'axisPointer') {
      node.formatter = shown;
    } else {
      node.formatter = function (p) { return shown(p && p.value !== undefined ? p.value : p); };
    }
  }

  // fit makes a chart for the width that there is: room for the drawing where
  // the names of its bars are long, and no more numbers than stand side by side.
  function fit(option, width) {
    [].concat(option.yAxis || []).forEach(function (axis) {
      if (axis.type !== 'category') { return; }
      axis.axisLabel = Object.assign({}, axis.axisLabel, { width: Math.min(230, Math.round(width * 0.42)), overflow: 'truncate' });
    });
    // The limit is named above bars that lie down, not among the axis' numbers.
    [].concat(option.series || []).forEach(function (s) {
      if (s.type === 'bar' && s.markLine) { s.markLine.label = Object.assign({}, s.markLine.label, { position: 'start' }); }
    });
    [].concat(option.xAxis || []).forEach(function (axis) {
      axis.axisLabel = Object.assign({ hideOverlap: true }, axis.axisLabel);
      if (axis.type === 'value') { axis.splitNumber = Math.max(2, Math.min(5, Math.floor(width / 120))); }
    });
  }

  function prepare(option, width) {
    revive(option, '');
    fit(option, width);
    // HTML tooltips need inline styles, which the Content-Security-Policy
    // refuses, and write markup from data; richText does neither.
    [].concat(option.tooltip || []).forEach(function (t) { t.renderMode = 'richText'; t.confine = true; });
    option.textStyle = Object.assign({ fontFamily: '"Helvetica Neue", Helvetica, Arial, sans-serif' }, option.textStyle);
    // A figure in a report does not move: nothing to wait for, nothing to stop.
    option.animation = false;
    return option;
  }

  function optionOf(el) {
    var block = document.querySelector('script[type="application/json"][data-for="' + el.id + '"]');
    if (block) { return Promise.resolve(JSON.parse(block.textContent)); }
    return fetch(el.dataset.src, { headers: { Accept: 'application/json' }, redirect: 'error' }).then(function (r) {
      if (!r.ok) { throw new Error('chart ' + el.id + ': ' + r.status); }
      return r.json();
    });
  }

  // What the server wrote for people who do not see the chart stays as the
  // chart's name; ECharts would put its own list of numbers there.
  function draw(el) {
    var label = el.getAttribute('aria-label');
    optionOf(el).then(function (option) {
      var chart = window.echarts.getInstanceByDom(el) || window.echarts.init(el, null, { renderer: 'svg' });
      chart.setOption(prepare(option, el.clientWidth), true);
      el.setAttribute('role', 'img');
      el.setAttribute('aria-label', label);
      el.dataset.drawn = 'yes';
    }).catch(function () {
      el.classList.add('app-chart--failed'); // the table beside it holds the numbers
    });
  }

  // One chart to an animation frame, and only those near the window: drawing
  // is what costs a slow laptop its seconds.
  var waiting = [];
  function next() {
    var el = waiting.shift();
    if (!el) { return; }
    draw(el);
    if (waiting.length) { requestAnimationFrame(next); }
  }
  function enqueue(el) {
    waiting.push(el);
    if (waiting.length === 1) { requestAnimationFrame(next); }
  }
  var near = 'IntersectionObserver' in window ? new IntersectionObserver(function (entries) {
    entries.forEach(function (e) {
      if (e.isIntersecting) { near.unobserve(e.target); enqueue(e.target); }
    });
  }, { rootMargin: '300px' }) : { observe: enqueue };
  var sized = 'ResizeObserver' in window ? new ResizeObserver(function (entries) {
    entries.forEach(function (e) {
      var chart = window.echarts.getInstanceByDom(e.target);
      if (chart) { chart.resize(); }
    });
  }) : { observe: function () {} };

  function findCharts(root) {
    if (!window.echarts) { return; }
    root.querySelectorAll('[data-chart]').forEach(function (el) {
      near.observe(el);
      sized.observe(el);
    });
  }
  findCharts(document);

  // Paper has another width than the screen, and the browser does not wait for
  // the observer: resize and paint now.
  window.addEventListener('beforeprint', function () {
    if (!window.echarts) { return; }
    document.querySelectorAll('[data-chart]').forEach(function (el) {
      var chart = window.echarts.getInstanceByDom(el);
      if (!chart) { return; }
      chart.resize({ width: 640 });
      chart.getZr().flush();
    });
  });
  window.addEventListener('afterprint', function () {
    if (!window.echarts) { return; }
    document.querySelectorAll('[data-chart]').forEach(function (el) {
      var chart = window.echarts.getInstanceByDom(el);
      if (chart) { chart.resize({ width: 'auto' }); }
    });
  });

  // ---- errors ------------------------------------------------------------

  var summary = document.querySelector('.govuk-error-summary');
  if (summary) {
    summary.setAttribute('tabindex', '-1');
    summary.focus();
  }

  // ---- figures that change while the page is open -------------------------

  // The page asks for itself every few seconds with the tag of what it shows;
  // mostly the answer is "not modified". When it is not, each part marked
  // data-live whose data-version differs is replaced by the server's own HTML.
  // One line says so; no card shouts.
  var panel = document.querySelector('[data-live-panel]');
  if (panel && window.fetch && window.DOMParser) {
    var status = panel.querySelector('[role="status"]');
    var button = panel.querySelector('button');
    var every = (parseInt(panel.dataset.livePanel, 10) || 3) * 1000;
    var tag = panel.dataset.tag || '';
    var idle = (parseInt(panel.dataset.idle, 10) || 1500) * 1000;
    var touched = Date.now();
    var paused = false;
    var timer = 0;

    var say = function (words) { if (status.textContent !== words) { status.textContent = words; } };
    var clock = function () {
      return new Date().toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' });
    };
    var again = function () {
      clearTimeout(timer);
      if (!paused && !document.hidden) { timer = setTimeout(ask, every); }
    };
    var stop = function (words) {
      paused = true;
      button.hidden = true;
      say(words);
    };

    var replace = function (html) {
      var fresh = new DOMParser().parseFromString(html, 'text/html');
      var changed = 0;
      document.querySelectorAll('[data-live]').forEach(function (old) {
        var now = fresh.getElementById(old.id);
        if (!now || now.dataset.version === old.dataset.version) { return; }
        old.querySelectorAll('[data-chart]').forEach(function (el) {
          var chart = window.echarts && window.echarts.getInstanceByDom(el);
          if (chart) { chart.dispose(); }
        });
        var focused = old.contains(document.activeElement) ? document.activeElement.id : '';
        old.replaceWith(document.adoptNode(now));
        if (focused && document.getElementById(focused)) { document.getElementById(focused).focus(); }
        findCharts(now);
        if (now.dataset.live === 'figure') { changed++; }
      });
      if (changed) { say('Figures updated at ' + clock()); }
    };

    var pause = function (words) {
      paused = true;
      clearTimeout(timer);
      button.textContent = 'Resume updates';
      say(words + clock());
    };

    // Asking keeps the session going, so a page that nobody looks at any more
    // stops asking before the session would end.
    ['pointerdown', 'pointermove', 'keydown', 'scroll', 'touchstart'].forEach(function (kind) {
      window.addEventListener(kind, function () { touched = Date.now(); }, { passive: true });
    });

    var ask = function () {
      if (Date.now() - touched > idle) { return pause('Nobody has used this page for a while. Updates paused at '); }
      fetch(location.href, {
        headers: { Accept: 'text/html', 'If-None-Match': tag, 'OneVision-Refresh': 'yes' },
        cache: 'no-store',
        redirect: 'manual'
      }).then(function (r) {
        if (r.status === 304) { return again(); }
        if (r.status === 401 || r.type === 'opaqueredirect') { return stop('You have been signed out: sign in again to see new figures'); }
        if (!r.ok) { throw new Error('refresh: ' + r.status); }
        tag = r.headers.get('ETag') || '';
        return r.text().then(function (html) { if (!paused) { replace(html); } again(); });
      }).catch(function () {
        say('The figures could not be refreshed. Trying again.');
        again();
      });
    };

    button.hidden = false;
    button.addEventListener('click', function () {
      if (!paused) { return pause('Updates paused at '); }
      paused = false;
      button.textContent = 'Pause updates';
      say('Updates resumed');
      ask();
    });
    document.addEventListener('visibilitychange', again);
    again();
  }
})();
