// Programs that write to a bench-cache are killed, or meet a disk that is full, broken or
// read-only. Whatever happens, the cache is whole afterwards, what was said to be saved is there,
// and no brick that was finished is measured again.
#include "tests/test.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "base/random.h"
#include "bricks/cache_files.h"
#include "bricks/cache_scan.h"
#include "tests/faults/writer.h"

enum { MAX_BRICKS = 400, MAX_SAVED = 20000 };

// What writers said that they had saved.
struct saved {
    int brick, samples;
    char run[RUN_ID_SIZE];
};

struct fixture {
    char *cache;
    int n_bricks;
    int n_saved;
    struct saved *saved;
    bool finished[MAX_BRICKS]; // before the writers at hand were started
    bool finishing[MAX_BRICKS];
    int n_finished;
    uint64_t random;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->cache = scratch_make();
    f->saved = calloc(MAX_SAVED, sizeof *f->saved);
    f->n_bricks = 2;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scratch_remove(f->cache);
    free(f->saved);
    free(f);
    return 0;
}

static unsigned draw(struct fixture *f, unsigned n)
{
    f->random += RANDOM_STEP;
    return (unsigned)(random_mixed(f->random) % n);
}

// ---- writers ---------------------------------------------------------------------------------

struct writer {
    pid_t pid;
    FILE *out;
    int n_lines;
};

static void become_writer(const struct fixture *f, const char *run, const char *fault, int out)
{
    char bricks[16];
    snprintf(bricks, sizeof bricks, "%d", f->n_bricks);
    dup2(out, STDOUT_FILENO);
    if (fault) {
        FILE *err = freopen("/dev/null", "w", stderr);
        (void)err;
        setenv("LD_PRELOAD", SHIM, 1);
        setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
        setenv("FAULT", fault, 1);
        setenv("FAULT_UNDER", f->cache, 1);
    }
    execl(WRITER, WRITER, f->cache, run, bricks, (char *)NULL);
    _exit(127);
}

static struct writer start(const struct fixture *f, const char *run, const char *fault)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        become_writer(f, run, fault, ends[1]);
    close(ends[1]);
    return (struct writer){.pid = pid, .out = fdopen(ends[0], "r")};
}

// The next line that a writer says; false at its end. A finished brick must not be measured again.
static bool hear(struct fixture *f, struct writer *w)
{
    struct saved s;
    if (fscanf(w->out, "%d %47s %d", &s.brick, s.run, &s.samples) != 3)
        return false;
    if (f->finished[s.brick])
        fail_msg("brick %d is measured again by %s", s.brick, s.run);
    if (s.samples == ENOUGH_SAMPLES)
        f->finishing[s.brick] = true;
    assert_true(f->n_saved < MAX_SAVED);
    f->saved[f->n_saved++] = s;
    w->n_lines++;
    return true;
}

// All that it still says, and its exit status: of wait().
static int finish(struct fixture *f, struct writer *w)
{
    int status;
    while (hear(f, w))
        ;
    fclose(w->out);
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
    return status;
}

static void note_finished(struct fixture *f)
{
    f->n_finished = 0;
    for (int i = 0; i < f->n_bricks; i++) {
        f->finished[i] = f->finished[i] || f->finishing[i];
        f->n_finished += f->finished[i];
    }
}

// ---- what must hold afterwards ---------------------------------------------------------------

static int check_record(void *context, const struct cache_place *place, const struct record *r,
                        const char *text, struct error *err)
{
    (void)place, (void)text, (void)err;
    struct fixture *f = context;
    for (int i = 0; i < f->n_saved; i++) {
        char expected[MAX_BRICK_TEXT];
        brick_text_of(f->saved[i].brick, expected);
        if (strcmp(f->saved[i].run, r->run) == 0 && strcmp(expected, r->text) == 0 &&
            record_n_samples(r) >= f->saved[i].samples)
            f->saved[i].samples = 0;
    }
    return 0;
}

// Returns how many temporary files were left behind.
static int check_cache(struct fixture *f)
{
    const struct cache_sink sink = {f, NULL, check_record};
    struct cache_scan scan;
    struct error err = {0};
    if (cache_scan(f->cache, &sink, &scan, &err))
        fail_msg("%s", err.text);
    if (flaws_serious(&scan.flaws))
        fail_msg("%s", scan.flaws.items[0].reason);
    for (int i = 0; i < f->n_saved; i++)
        if (f->saved[i].samples)
            fail_msg("%d samples of brick %d by %s are lost", f->saved[i].samples,
                     f->saved[i].brick, f->saved[i].run);
    f->n_saved = 0;
    int n = scan.flaws.counts[FLAW_leftover];
    flaws_release(&scan.flaws);
    return n;
}

// A last writer finishes what is left, and then there is nothing left. (What was saved by one that
// was killed before it could say so is known to the next.)
static void check_resumed(struct fixture *f)
{
    note_finished(f);
    struct writer w = start(f, "last", NULL);
    assert_int_equal(finish(f, &w), 0);
    note_finished(f);
    w = start(f, "again", NULL);
    assert_int_equal(finish(f, &w), 0);
    assert_int_equal(w.n_lines, 0);
    check_cache(f);
}

// ---- tests -----------------------------------------------------------------------------------

static void killed__200_times_at_random_and_nothing_is_lost(void **state)
{
    struct fixture *f = *state;
    int n_killed = 0;
    f->n_bricks = MAX_BRICKS;
    for (int round = 0; round < 200; round++) {
        char run[RUN_ID_SIZE];
        snprintf(run, sizeof run, "run-%d", round);
        struct writer w = start(f, run, NULL);
        for (unsigned n = draw(f, 6); n > 0 && hear(f, &w); n--)
            ;
        usleep(draw(f, 3000));
        kill(w.pid, SIGKILL);
        n_killed += WIFSIGNALED(finish(f, &w));
        note_finished(f);
    }
    int n_leftovers = check_cache(f);
    print_message("%d of 200 killed, %d bricks finished, %d temporary files left\n", n_killed,
                  f->n_finished, n_leftovers);
    assert_in_range(n_killed, 150, 200);
    assert_in_range(f->n_finished, 20, MAX_BRICKS);
    assert_true(n_leftovers <= n_killed);
    check_resumed(f);
}

static const char *const calls[] = {"create", "write", "fsync", "rename", "mkdir"};

// Until the writer makes no such call any more. Returns how often it met the fault.
static int each_call(const char *call, const char *effect,
                     void (*check)(struct fixture *f, int status, const char *fault))
{
    for (int n = 1;; n++) {
        void *own;
        char fault[64];
        setup(&own);
        struct fixture *f = own;
        snprintf(fault, sizeof fault, "%s:%d:%s", call, n, effect);
        struct writer w = start(f, "run", fault);
        int status = finish(f, &w);
        if (status)
            check(f, status, fault);
        check_resumed(f);
        teardown(&own);
        if (!status)
            return n - 1;
    }
}

static void check_killed(struct fixture *f, int status, const char *fault)
{
    if (!WIFSIGNALED(status))
        fail_msg("%s: exit status %d", fault, status);
    assert_in_range(check_cache(f), 0, 1);
}

static void killed__at_each_call_and_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(calls); i++)
        assert_in_range(each_call(calls[i], "KILL", check_killed), 3, 50);
}

static void check_failed(struct fixture *f, int status, const char *fault)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
        fail_msg("%s: status %d", fault, status);
    assert_int_equal(check_cache(f), 0);
}

static void failing__calls_end_the_writer_and_leave_nothing_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(calls); i++) {
        assert_in_range(each_call(calls[i], "ENOSPC", check_failed), 3, 50);
        assert_in_range(each_call(calls[i], "EIO", check_failed), 3, 50);
    }
}

static void writing__in_parts_is_no_fault(void **state)
{
    struct fixture *f = *state;
    struct writer w = start(f, "run", "write:1+:SHORT");
    assert_int_equal(finish(f, &w), 0);
    assert_int_equal(check_cache(f), 0);
    check_resumed(f);
}

static void read_only__a_cache_is_read_and_not_written(void **state)
{
    struct fixture *f = *state;
    struct writer w = start(f, "run", NULL);
    assert_int_equal(finish(f, &w), 0);
    note_finished(f);
    static const char fault[] = "create:1+:EROFS,mkdir:1+:EROFS,rename:1+:EROFS";
    w = start(f, "other", fault); // nothing is left to write
    assert_int_equal(finish(f, &w), 0);
    f->n_bricks++;
    w = start(f, "third", fault);
    int status = finish(f, &w);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_int_equal(w.n_lines, 0);
    assert_int_equal(check_cache(f), 0);
    check_resumed(f);
}

static void eight_writers__at_once_lose_nothing_though_half_are_killed(void **state)
{
    struct fixture *f = *state;
    enum { WRITERS = 8 };
    f->n_bricks = 60;
    for (int round = 0; round < 3; round++) {
        struct writer w[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
            char run[RUN_ID_SIZE];
            snprintf(run, sizeof run, "run-%d-%d", round, i);
            w[i] = start(f, run, NULL);
        }
        for (int i = 0; i < WRITERS; i += round < 2 ? 1 : 2) {
            for (unsigned n = draw(f, 20); n > 0 && hear(f, &w[i]); n--)
                ;
            kill(w[i].pid, SIGKILL);
        }
        for (int i = 0; i < WRITERS; i++)
            finish(f, &w[i]);
        note_finished(f);
    }
    assert_true(f->n_finished > f->n_bricks / 2);
    check_cache(f);
    check_resumed(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(killed__200_times_at_random_and_nothing_is_lost),
        TEST(killed__at_each_call_and_nothing_is_lost),
        TEST(failing__calls_end_the_writer_and_leave_nothing_behind),
        TEST(writing__in_parts_is_no_fault),
        TEST(read_only__a_cache_is_read_and_not_written),
        TEST(eight_writers__at_once_lose_nothing_though_half_are_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
