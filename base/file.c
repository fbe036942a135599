#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"

static char *read_stream(FILE *f, const char *path, size_t max_bytes, size_t *bytes,
                         struct error *err)
{
    struct str text = STR_INIT;
    char chunk[65536];
    size_t n;
    while (text.len <= max_bytes && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        str_add_n(&text, chunk, n);
    if (ferror(f))
        fail(err, "%s: cannot be read: %s", path, strerror(errno));
    else if (text.len > max_bytes)
        fail(err, "%s: larger than %zu bytes, which is more than such a file can be", path,
             max_bytes);
    else {
        *bytes = text.len;
        return str_detach(&text);
    }
    str_release(&text);
    return NULL;
}

char *file_read(const char *path, size_t max_bytes, size_t *bytes, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return read_stream(stdin, "standard input", max_bytes, bytes, err);
    FILE *f = fopen(path, "rb");
    if (!f)
        return fail_null(err, "%s: cannot be opened: %s", path, strerror(errno));
    char *text = read_stream(f, path, max_bytes, bytes, err);
    fclose(f);
    return text;
}

static int make_one_directory(const char *path, struct error *err)
{
    if (mkdir(path, 0777) == 0)
        return 0;
    int why = errno;
    struct stat st;
    if (why == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return fail(err, "%s: the folder cannot be made: %s", path,
                strerror(why == EEXIST ? ENOTDIR : why));
}

int make_directories(const char *path, struct error *err)
{
    char *part = xstrdup(path);
    int status = 0;
    for (char *slash = strchr(part + 1, '/'); slash && !status; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_one_directory(part, err);
        *slash = '/';
    }
    free(part);
    return status ? status : make_one_directory(path, err);
}

static int write_all(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, text, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        bytes -= (size_t)n;
    }
    return 0;
}

static int write_stdout(const char *text, size_t bytes, struct error *err)
{
    if (fwrite(text, 1, bytes, stdout) == bytes && fflush(stdout) == 0)
        return 0;
    return fail(err, "standard output: cannot be written: %s", strerror(errno));
}

// What is no regular file (/dev/null, a pipe) must not be replaced by one.
static int write_special(const char *path, const char *text, size_t bytes, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int status = fd < 0 ? -1 : write_all(fd, text, bytes);
    int why = errno;
    if (fd >= 0)
        close(fd);
    return status ? fail(err, "%s: cannot be written: %s", path, strerror(why)) : 0;
}

// The name does not grow with path's own, which may be as long as the file system allows.
static char *temporary_name(const char *directory)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint64_t)getpid();
    struct str name = STR_INIT;
    str_addf(&name, "%s/.dlbricks-%016llx.tmp", directory, (unsigned long long)random);
    return str_detach(&name);
}

static int write_and_close(int fd, const char *text, size_t bytes, int flags)
{
    int status = write_all(fd, text, bytes);
    // EINVAL: a file system that has nothing to flush
    if (!status && !(flags & FILE_unflushed) && fsync(fd) != 0 && errno != EINVAL)
        status = -1;
    int why = errno;
    if (close(fd) != 0 && !status)
        return -1;
    errno = why;
    return status;
}

// Gives the temporary file its name. Where there are no hard links, two programs that make the same
// file in the same moment may replace each other's.
static int publish(const char *temporary, const char *path, int flags)
{
    if (!(flags & FILE_keep))
        return rename(temporary, path);
    if (link(temporary, path) == 0)
        return unlink(temporary);
    if (errno == EEXIST || (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS))
        return -1;
    if (access(path, F_OK) != 0)
        return rename(temporary, path);
    errno = EEXIST;
    return -1;
}

static int write_beside(const char *temporary, const char *path, const char *text, size_t bytes,
                        int flags)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    int status = write_and_close(fd, text, bytes, flags);
    if (!status)
        status = publish(temporary, path, flags);
    int why = errno;
    if (status)
        unlink(temporary);
    errno = why;
    return status;
}

// The folder of a path; the caller frees it.
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str folder = STR_INIT;
    if (slash)
        str_add_n(&folder, path, slash == path ? 1 : (size_t)(slash - path));
    else
        str_add(&folder, ".");
    return str_detach(&folder);
}

int file_put(const char *path, const char *text, size_t bytes, int flags, struct error *err)
{
    if ((flags & FILE_keep) && access(path, F_OK) == 0)
        return 1;
    char *folder = folder_of(path), *temporary = temporary_name(folder);
    int status = make_directories(folder, err);
    if (!status && write_beside(temporary, path, text, bytes, flags)) {
        status = (flags & FILE_keep) && errno == EEXIST ? 1 : -1;
        if (status < 0)
            fail(err, "%s: cannot be written: %s", path, strerror(errno));
    }
    free(temporary);
    free(folder);
    return status;
}

int file_flush_system(const char *folder, struct error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -1 : syncfs(fd);
    if (status)
        fail(err, "%s: cannot be flushed to disk: %s", folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

int file_write(const char *path, const char *text, size_t bytes, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return write_stdout(text, bytes, err);
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return fail(err, "%s: cannot be written: it is a folder", path);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_special(path, text, bytes, err);
    return file_put(path, text, bytes, 0, err);
}
