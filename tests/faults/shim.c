// Faults for programs that are run with LD_PRELOAD of this: calls that fail, or at which the
// program is killed, and a clock that is wrong. Set by the environment:
//   FAULT_UNDER=/path     only calls for files whose path begins so count
//   FAULT=rename:3:ENOSPC the third rename fails; several separated by commas
//   FAULT=write:2+:EIO    the second write and all later ones
//   FAULT=link:1:KILL     the program is killed at the first link
//   FAULT=write:1:SHORT   the first write writes half of it
//   FAULT_CLOCK=-3600     seconds that are added to the time of day
// Calls: create (an open for writing), write, fsync, rename, link, mkdir.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum call { CALL_create, CALL_write, CALL_fsync, CALL_rename, CALL_link, CALL_mkdir, N_CALLS };
static const char *const call_names[N_CALLS] = {"create", "write", "fsync",
                                                "rename", "link",  "mkdir"};
static int counts[N_CALLS];

enum { SHORT = -1, KILL = -2 };
static const struct {
    const char *name;
    int value;
} effects[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"SHORT", SHORT}, {"KILL", KILL},
};

static int effect_of(const char *name)
{
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (strncmp(name, effects[i].name, strlen(effects[i].name)) == 0)
            return effects[i].value;
    abort(); // a mistake in the test
}

// Of the fault that one call meets: 0 if none.
static int effect_on(enum call call, int count)
{
    const char *fault = getenv("FAULT");
    while (fault && *fault) {
        char name[16], more[2] = "", effect[16];
        int n;
        if (sscanf(fault, "%15[^:]:%d%1[+]:%15[^,]", name, &n, more, effect) != 4 &&
            sscanf(fault, "%15[^:]:%d:%15[^,]", name, &n, effect) != 3)
            abort();
        if (strcmp(name, call_names[call]) == 0 && (count == n || (*more && count > n)))
            return effect_of(effect);
        fault += strcspn(fault, ",");
        fault += *fault == ',';
    }
    return 0;
}

// True if the call is to fail, with errno; SHORT is left to the caller.
static bool fails(enum call call, const char *path, int *effect)
{
    const char *under = getenv("FAULT_UNDER");
    *effect = 0;
    if (!under || strncmp(path, under, strlen(under)) != 0)
        return false;
    *effect = effect_on(call, __atomic_add_fetch(&counts[call], 1, __ATOMIC_SEQ_CST));
    if (*effect == KILL)
        kill(getpid(), SIGKILL);
    if (*effect <= 0)
        return false;
    errno = *effect;
    return true;
}

static bool fails_on_file(enum call call, int fd, int *effect)
{
    char link[64], path[4096];
    int why = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = why;
    path[n > 0 ? n : 0] = '\0';
    return fails(call, path, effect);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int effect, mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
    va_end(args);
    if (flags & (O_WRONLY | O_RDWR) && fails(CALL_create, path, &effect))
        return -1;
    return NEXT(open)(path, flags, mode);
}

ssize_t write(int fd, const void *text, size_t bytes)
{
    int effect;
    if (fails_on_file(CALL_write, fd, &effect))
        return -1;
    return NEXT(write)(fd, text, effect == SHORT ? (bytes + 1) / 2 : bytes);
}

int fsync(int fd)
{
    int effect;
    return fails_on_file(CALL_fsync, fd, &effect) ? -1 : NEXT(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    int effect;
    return fails(CALL_rename, to, &effect) ? -1 : NEXT(rename)(from, to);
}

int link(const char *from, const char *to)
{
    int effect;
    return fails(CALL_link, to, &effect) ? -1 : NEXT(link)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    int effect; // that a folder exists is found before anything else
    bool exists = access(path, F_OK) == 0;
    return !exists && fails(CALL_mkdir, path, &effect) ? -1 : NEXT(mkdir)(path, mode);
}

static long long shift(void)
{
    const char *text = getenv("FAULT_CLOCK");
    return text ? atoll(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int status = NEXT(clock_gettime)(clock, out);
    if (status == 0 && clock == CLOCK_REALTIME)
        out->tv_sec += shift();
    return status;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    int status = NEXT(gettimeofday)(out, zone);
    out->tv_sec += shift();
    return status;
}
