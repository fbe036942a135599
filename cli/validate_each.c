// Validates several settings: this program is started once per setting with --json, and what it
// prints is read.
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/validate.h"

// One setting; 0 or NULL where the option was not given.
struct choice {
    int threads, batch, granularity;
    const char *isa;
};

struct words {
    struct arena arena;
    int n, capacity;
    char **word;
};

static void add_word(struct words *w, const char *word)
{
    grow(&w->word, &w->capacity, w->n + 2, sizeof *w->word);
    w->word[w->n++] = arena_strdup(&w->arena, word);
    w->word[w->n] = NULL;
}

static void add_count(struct words *w, const char *option, int count)
{
    if (!count)
        return;
    add_word(w, option);
    add_word(w, arena_printf(&w->arena, "%d", count));
}

static void add_text(struct words *w, const char *option, const char *text)
{
    if (!text)
        return;
    add_word(w, option);
    add_word(w, text);
}

static void add_flag(struct words *w, const char *option, bool given)
{
    if (given)
        add_word(w, option);
}

static struct words command_line(const struct options *o, const struct choice *c)
{
    struct words w = {0};
    add_word(&w, "dlbricks");
    add_word(&w, "validate");
    add_word(&w, "--json");
    add_count(&w, "--threads", c->threads);
    add_count(&w, "--batch", c->batch);
    add_count(&w, "-G", c->granularity);
    add_text(&w, "--isa", c->isa);
    add_text(&w, "--cache", o->cache);
    add_text(&w, "--label", o->label);
    add_flag(&w, "--hot", o->hot);
    add_flag(&w, "--gap", o->gap);
    add_flag(&w, "--from-cache", o->from_cache);
    for (int i = 0; i < o->n_dims; i++)
        add_text(&w, "--dim",
                 arena_printf(&w.arena, "%s=%lld", o->dims[i].name, (long long)o->dims[i].value));
    add_word(&w, "--");
    for (int i = 0; i < o->n_args; i++)
        add_word(&w, o->args[i]);
    return w;
}

static void words_release(struct words *w)
{
    free(w->word);
    arena_release(&w->arena);
}

// Starts the program with its standard output in a pipe, of which *from is the end to read.
static int start(char **words, pid_t *pid, int *from, struct error *err)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe(ends))
        return fail(err, "cannot make a pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int failed = posix_spawn(pid, "/proc/self/exe", &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *from = ends[0];
    if (!failed)
        return 0;
    close(ends[0]);
    return fail(err, "cannot start this program anew through /proc/self/exe: %s", strerror(failed));
}

// Reads until the process closes its end. A signal that asks this process to stop is passed on, as
// only those from a terminal reach both.
static void read_all(int from, pid_t pid, struct str *text)
{
    char part[4096];
    ssize_t n;
    while ((n = read(from, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0)
            str_add_n(text, part, (size_t)n);
        else if (interrupted)
            kill(pid, SIGTERM);
    }
    close(from);
}

// Exit status of the process once it has ended; STATUS_failed for any that is not ours.
static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return STATUS_failed;
    bool known = WIFEXITED(status) && WEXITSTATUS(status) <= STATUS_incomplete;
    return known ? WEXITSTATUS(status) : STATUS_failed;
}

static int run(char **words, struct str *text, struct error *err)
{
    pid_t pid = 0;
    int from = -1;
    if (start(words, &pid, &from, err))
        return STATUS_failed;
    read_all(from, pid, text);
    return wait_for(pid);
}

static int validate_choice(const struct options *o, const struct choice *c, struct findings *f)
{
    struct error err = {0};
    struct str text = STR_INIT;
    struct words w = command_line(o, c);
    int status = run(w.word, &text, &err);
    if (text.len)
        findings_read(f, text.text, text.len, "what `dlbricks validate` printed", &err);
    if (*err.text)
        status = report(&err);
    str_release(&text);
    words_release(&w);
    return status;
}

// The graver of two exit statuses.
static int worse(int a, int b)
{
    static const int gravity[] = {
        [STATUS_done] = 0, [STATUS_incomplete] = 1, [STATUS_usage] = 2, [STATUS_failed] = 3};
    return gravity[a] > gravity[b] ? a : b;
}

// Number i of a list, 0 where it is empty.
static int value_of(const struct counts *c, int i)
{
    return c->n ? c->value[i] : 0;
}

static int at_least_one(int n)
{
    return n ? n : 1;
}

static int n_choices(const struct options *o)
{
    return at_least_one(o->granularities.n) * at_least_one(o->batches.n) *
           at_least_one(o->all_threads.n) * at_least_one(o->isas.n);
}

// Takes the number of an option's value from *i, where those of the slower ones remain.
static int take_digit(int *i, int n)
{
    int digit = *i % at_least_one(n);
    *i /= at_least_one(n);
    return digit;
}

static struct choice choice_of(const struct options *o, int i)
{
    struct choice c = {0};
    c.granularity = value_of(&o->granularities, take_digit(&i, o->granularities.n));
    c.batch = value_of(&o->batches, take_digit(&i, o->batches.n));
    c.threads = value_of(&o->all_threads, take_digit(&i, o->all_threads.n));
    c.isa = o->isas.value[i];
    return c;
}

static bool reads_standard_input(const struct options *o)
{
    for (int i = 0; i < o->n_args; i++)
        if (strcmp(o->args[i], "-") == 0)
            return true;
    return false;
}

int validate_each(const struct options *o, struct findings *f)
{
    int n = n_choices(o);
    int status = STATUS_done;
    if (reads_standard_input(o)) {
        struct error err = {0};
        fail(&err, "standard input can be read only once: write the suite to a file to validate it "
                   "in several settings");
        return report(&err);
    }
    for (int i = 0; i < n && !interrupted; i++) {
        struct choice c = choice_of(o, i);
        note("setting %d of %d", i + 1, n);
        status = worse(status, validate_choice(o, &c, f));
    }
    return interrupted ? worse(status, STATUS_incomplete) : status;
}
