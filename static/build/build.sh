#!/bin/sh
# Compiles static/assets/app.css and copies the chart library, with licences.
# Needs node and npm. Works in a temporary folder: nothing of npm's is left in
# the checkout. Run it from anywhere.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
assets=$here/../assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here/package.json" "$work/"
cd "$work"
npm install --no-audit --no-fund --ignore-scripts >&2
cp "$here"/*.scss "$work/"
npx sass --no-source-map --style=compressed --load-path=node_modules app.scss "$work/app.css"
cp "$work/app.css" "$assets/app.css"

cp node_modules/echarts/dist/echarts.common.min.js "$assets/echarts.js"
cp node_modules/echarts/LICENSE "$assets/echarts.LICENSE.txt"
cat node_modules/echarts/NOTICE node_modules/echarts/licenses/LICENSE-d3 > "$assets/echarts.NOTICE.txt"
ls -l "$assets" >&2
