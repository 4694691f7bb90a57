// A disk that is full for a test server: while the byte in the file that FULL
// names is not 0, no file can grow.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile char no, *full = &no;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FULL");
	int file = path ? open(path, O_RDONLY) : -1;
	void *at = file < 0 ? MAP_FAILED : mmap(0, 1, PROT_READ, MAP_SHARED, file, 0);
	if (at == MAP_FAILED)
		abort();
	full = at;
}

static int grows(int file, off_t end)
{
	struct stat is;
	if (!*full || fstat(file, &is) || !S_ISREG(is.st_mode) || end <= is.st_size)
		return 0;
	errno = ENOSPC;
	return 1;
}

#define REAL(type, name, ...) \
	static type (*real)(__VA_ARGS__); \
	if (!real) \
		real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int file, const void *from, size_t n)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	if (*full && grows(file, lseek(file, 0, SEEK_CUR) + (off_t)n))
		return -1;
	return real(file, from, n);
}

ssize_t pwrite(int file, const void *from, size_t n, off_t at)
{
	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
	return grows(file, at + (off_t)n) ? -1 : real(file, from, n, at);
}

ssize_t pwrite64(int file, const void *from, size_t n, off_t at) { return pwrite(file, from, n, at); }

ssize_t pwritev(int file, const struct iovec *from, int count, off_t at)
{
	REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
	off_t end = at;
	for (int i = 0; i < count; i++)
		end += from[i].iov_len;
	return grows(file, end) ? -1 : real(file, from, count, at);
}

ssize_t pwritev64(int file, const struct iovec *from, int count, off_t at) { return pwritev(file, from, count, at); }

int posix_fallocate(int file, off_t at, off_t n)
{
	REAL(int, "posix_fallocate", int, off_t, off_t);
	return grows(file, at + n) ? ENOSPC : real(file, at, n);
}

int posix_fallocate64(int file, off_t at, off_t n) { return posix_fallocate(file, at, n); }
