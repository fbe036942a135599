#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/machine.h"

struct option {
    const char *name;
    const char *argument; // as --help shows it; NULL: a flag
    int (*read)(const struct option *row, struct options *o, const char *text, struct error *err);
    size_t offset; // of its field in struct options
    bool repeats;  // may be given several times
    const char *help;
};

static void *field(const struct option *row, struct options *o)
{
    return (char *)o + row->offset;
}

static int read_flag(const struct option *row, struct options *o, const char *text,
                     struct error *err)
{
    (void)text, (void)err;
    *(bool *)field(row, o) = true;
    return 0;
}

static int read_text(const struct option *row, struct options *o, const char *text,
                     struct error *err)
{
    if (!*text)
        return fail(err, "%s needs %s, not an empty text", row->name, row->argument);
    *(const char **)field(row, o) = text;
    return 0;
}

static int read_label(const struct option *row, struct options *o, const char *text,
                      struct error *err)
{
    if (strlen(text) >= MAX_LABEL)
        return fail(err, "%s: '%.20s...' is longer than %d bytes", row->name, text, MAX_LABEL - 1);
    return read_text(row, o, text, err);
}

// A whole positive number; false if it is none.
static bool parse_count(const char *text, long long most, long long *count)
{
    char *end;
    errno = 0;
    *count = strtoll(text, &end, 10);
    return end != text && !*end && !errno && *count >= 1 && *count <= most;
}

static int add_count(const struct option *row, struct counts *c, const char *text,
                     struct error *err)
{
    long long count;
    if (!parse_count(text, 1000000, &count))
        return fail(err, "%s needs a number from 1 on, not '%s'", row->name, text);
    if (c->n == MAX_COUNTS)
        return fail(err, "%s takes at most %d numbers", row->name, MAX_COUNTS);
    c->value[c->n++] = (int)count;
    return 0;
}

static int add_name(const struct option *row, struct texts *t, const char *text, struct error *err)
{
    if (!*text)
        return fail(err, "%s needs %s, not an empty text", row->name, row->argument);
    if (t->n == MAX_COUNTS)
        return fail(err, "%s takes at most %d names", row->name, MAX_COUNTS);
    t->value[t->n++] = text;
    return 0;
}

// The text before the next comma, in the options' arena; *rest is what follows, NULL at the end.
static const char *next_of_list(struct options *o, const char **rest)
{
    size_t n = strcspn(*rest, ",");
    const char *text = arena_strndup(&o->arena, *rest, n);
    *rest = (*rest)[n] ? *rest + n + 1 : NULL;
    return text;
}

// "2" or, where the command takes several, "1,2,4".
static int read_counts(const struct option *row, struct options *o, const char *text,
                       struct error *err)
{
    int status = 0;
    while (text && !status)
        status = add_count(row, field(row, o), next_of_list(o, &text), err);
    return status;
}

static int read_names(const struct option *row, struct options *o, const char *text,
                      struct error *err)
{
    int status = 0;
    while (text && !status)
        status = add_name(row, field(row, o), next_of_list(o, &text), err);
    return status;
}

static int read_real(const struct option *row, struct options *o, const char *text,
                     struct error *err)
{
    char *end;
    double real = strtod(text, &end);
    if (end == text || *end || !isfinite(real) || real < 0)
        return fail(err, "%s needs a number that is not negative, not '%s'", row->name, text);
    *(double *)field(row, o) = real;
    return 0;
}

// "5" or "5%".
static int read_percent(const struct option *row, struct options *o, const char *text,
                        struct error *err)
{
    size_t n = strlen(text);
    const char *number = arena_strndup(&o->arena, text, n - (n > 1 && text[n - 1] == '%'));
    return read_real(row, o, number, err);
}

static int read_dim(const struct option *row, struct options *o, const char *text,
                    struct error *err)
{
    const char *equals = strrchr(text, '=');
    long long value;
    if (!equals || equals == text || !parse_count(equals + 1, 1LL << 40, &value))
        return fail(err, "%s needs NAME=VALUE such as batch=1, not '%s'", row->name, text);
    grow(&o->dims, &o->dims_capacity, o->n_dims + 1, sizeof *o->dims);
    o->dims[o->n_dims++] = (struct dim_binding){
        .name = arena_strndup(&o->arena, text, (size_t)(equals - text)), .value = value};
    return 0;
}

// "60s", "5m", "1h", "30d", in seconds.
static int read_duration(const struct option *row, struct options *o, const char *text,
                         struct error *err)
{
    static const struct {
        char name;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    double number = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (end == text || *end != units[i].name || end[1] || !isfinite(number) || number <= 0)
            continue;
        *(double *)field(row, o) = number * units[i].seconds;
        return 0;
    }
    return fail(err, "%s needs a time such as 60s, 5m, 1h or 30d, not '%s'", row->name, text);
}

static int read_shard(const struct option *row, struct options *o, const char *text,
                      struct error *err)
{
    long long k, n = 0;
    const char *slash = strchr(text, '/');
    char *first = arena_strndup(&o->arena, text, strcspn(text, "/"));
    if (!slash || !parse_count(slash + 1, 1000000, &n) || !parse_count(first, n, &k))
        return fail(err, "%s needs K/N with K from 1 to N, not '%s'", row->name, text);
    *(struct shard *)field(row, o) = (struct shard){(int)k, (int)n};
    return 0;
}

// "262144,524288"
static int read_sizes(const struct option *row, struct options *o, const char *text,
                      struct error *err)
{
    struct sizes *sizes = field(row, o);
    while (text) {
        long long bytes;
        const char *one = next_of_list(o, &text);
        if (!parse_count(one, 1LL << 50, &bytes))
            return fail(err, "%s needs numbers of bytes from 1 on, not '%s'", row->name, one);
        if (sizes->n == MAX_SIZES)
            return fail(err, "%s takes at most %d numbers", row->name, MAX_SIZES);
        sizes->bytes[sizes->n++] = (double)bytes;
    }
    return 0;
}

#define FIELD(name) offsetof(struct options, name)

static const struct option options[] = {
    {"--dim", "NAME=VALUE", read_dim, 0, true,
     "value of a symbolic dimension, e.g. batch=1; may be repeated, and a name given several "
     "times makes several models of one"},
    {"-G", "N", read_counts, FIELD(granularities), false,
     "granularity: most steps in one brick (default 1)"},
    {"-o", "PATH", read_text, FIELD(output), false, "where to write"},
    {"--cache", "DIR", read_text, FIELD(cache), false,
     "the bench-cache (default: $DLBRICKS_CACHE, else ./bench-cache where that exists, else "
     "~/.local/share/dlbricks)"},
    {"--machine", "LABEL,...", read_text, FIELD(machine), false,
     "machines of the cache, by label or folder (default: predict this one, others all)"},
    {"--label", "LABEL", read_label, FIELD(label), false, "a name for this machine in the cache"},
    {"--threads", "N", read_counts, FIELD(all_threads), false,
     "threads to run with (default: one per core that this process may use)"},
    {"--batch", "N", read_counts, FIELD(batches), false,
     "the same as --dim batch=N, but that models of another batch are left out"},
    {"--isa", "ISA", read_names, FIELD(isas), false,
     "use no instructions beyond sse41, avx, avx2, avx512_core, ..."},
    {"--max-error", "PERCENT", read_real, FIELD(max_error), false,
     "exit with status 3 if the mean |error| is larger"},
    {"--baseline", "MODEL", read_text, FIELD(baseline), false,
     "also say what differs from this model, or from those of a suite, one for each"},
    {"--fail-above", "N%", read_percent, FIELD(fail_above), false,
     "exit with status 3 if a model is so much slower than its baseline"},
    {"--max-ms", "MS", read_real, FIELD(max_ms), false,
     "exit with status 3 if a model takes longer"},
    {"--measured-only", NULL, read_flag, FIELD(measured_only), false,
     "estimate nothing: bricks that were not timed are missing"},
    {"--choose", NULL, read_flag, FIELD(choose), false,
     "first compare the implementations that bricks could be run by, where they matter, and keep "
     "the fastest: from then on it runs"},
    {"--dry-run", NULL, read_flag, FIELD(dry_run), false,
     "time nothing; show what would be timed, in which order and for how long"},
    {"--budget", "TIME", read_duration, FIELD(budget_s), false,
     "stop after so long (60s, 5m, 1h), with what is worth most timed first"},
    {"--shard", "K/N", read_shard, FIELD(shard), false,
     "only part K of N; the same parts on every machine, whatever its cache holds"},
    {"--only", "MODEL", read_names, FIELD(only), false, "only the bricks of these models"},
    {"--only-missing", NULL, read_flag, FIELD(only_missing), false,
     "only bricks without any record: neither noisy nor stale ones"},
    {"--noisy", NULL, read_flag, FIELD(noisy), false,
     "only bricks whose records are too noisy for what they contribute"},
    {"--older-than", "TIME", read_duration, FIELD(older_s), false,
     "only bricks that were last timed so long ago (12h, 30d)"},
    {"--footprint", "BYTES,...", read_sizes, FIELD(footprints), false,
     "time each brick at these footprints instead of those of its models"},
    {"--stale", NULL, read_flag, FIELD(stale), false,
     "where this environment has no record, use one whose libraries have another patch level"},
    {"--lent", NULL, read_flag, FIELD(lent), false,
     "where this machine has no record, use one of another size of it (2 or 8 cores of one CPU) in "
     "an equal environment"},
    {"--hot", NULL, read_flag, FIELD(hot), false,
     "also show what hot loops, as micro-benchmarks time, would have predicted"},
    {"--gap", NULL, read_flag, FIELD(gap), false, "also split each measured latency by cause"},
    {"--from-cache", NULL, read_flag, FIELD(from_cache), false,
     "time only the whole models, and predict them from the bench-cache"},
    {"--repair", NULL, read_flag, FIELD(repair), false,
     "move what is damaged to .quarantine in the cache; nothing is deleted"},
    {"--svg", "FILE", read_text, FIELD(svg), false,
     "also write a plot of predicted over measured times"},
    {"--trace", "FILE", read_text, FIELD(trace), false,
     "also write all runs of the steps as a trace for https://ui.perfetto.dev or Chrome"},
    {"--bricks", NULL, read_flag, FIELD(bricks), false,
     "list the unique bricks as well, the costliest first"},
    {"--diff", NULL, read_flag, FIELD(diff), false,
     "compare two arguments A and B: bricks only in A, only in B, in both"},
    {"--anonymous", NULL, read_flag, FIELD(anonymous), false,
     "write a suite that tells neither names nor how the bricks are connected"},
    {"--key", "FILE", read_text, FIELD(key), false,
     "what an anonymous suite leaves out, for its owner only"},
    {"--json", NULL, read_flag, FIELD(json), false, "results as JSON"},
    {"--csv", NULL, read_flag, FIELD(csv), false, "results as CSV"},
    {"--help", NULL, read_flag, FIELD(help), false, "show this"},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

// What follows the option's name in the command's list, or NULL if it is not there.
static const char *listed(const struct command *c, const struct option *row)
{
    size_t n = strlen(row->name);
    for (const char *p = c->takes; (p = strstr(p, row->name)); p += n)
        if ((p == c->takes || p[-1] == ' ') && strchr(" .", p[n]))
            return p + n;
    return NULL;
}

static bool takes(const struct command *c, const struct option *row)
{
    return strcmp(row->name, "--help") == 0 || listed(c, row);
}

static bool is_list(const struct option *row)
{
    return row->read == read_counts || row->read == read_names;
}

static bool takes_several(const struct command *c, const struct option *row)
{
    const char *behind = listed(c, row);
    return row->repeats || (behind && *behind == '.');
}

// The row of "--name", "--name=value", "-x" or "-xvalue"; *attached is the value or NULL.
static const struct option *find(const struct command *c, const char *word, const char **attached)
{
    for (const struct option *row = options; row < options + N_OPTIONS; row++) {
        size_t n = strlen(row->name);
        bool is_long = row->name[1] == '-';
        if (strncmp(word, row->name, n) != 0 || !takes(c, row))
            continue;
        if (word[n] && is_long && word[n] != '=')
            continue;
        *attached = word[n] ? word + n + is_long : NULL;
        return row;
    }
    return NULL;
}

struct words {
    int n, at;
    char *const *word;
    bool seen[N_OPTIONS];
};

static int read_option(struct options *o, const struct command *c, struct words *w,
                       struct error *err)
{
    const char *word = w->word[w->at], *value;
    const struct option *row = find(c, word, &value);
    if (!row)
        return fail(err, "%s: unknown option '%s'", c->name, word);
    if (!row->argument && value)
        return fail(err, "%s: %s takes no value", c->name, row->name);
    if (row->argument && !value && ++w->at < w->n)
        value = w->word[w->at];
    if (row->argument && !value)
        return fail(err, "%s: %s needs %s", c->name, row->name, row->argument);
    bool *seen = &w->seen[row - options];
    if (*seen && row->argument && !takes_several(c, row))
        return fail(err, "%s: %s is given twice", c->name, row->name);
    if (is_list(row) && strchr(value, ',') && !takes_several(c, row))
        return fail(err, "%s: %s takes one %s, not '%s'", c->name, row->name,
                    row->read == read_counts ? "number" : "name", value);
    *seen = true;
    return row->read(row, o, value, err);
}

static int check_usage(const struct options *o, const struct command *c, struct error *err)
{
    if (o->help)
        return 0;
    if (o->json && o->csv)
        return fail(err, "%s: give --json or --csv, not both", c->name);
    if (o->n_args < c->min_args)
        return fail(err, "%s: needs %s", c->name, c->arguments);
    if (c->max_args >= 0 && o->n_args > c->max_args)
        return fail(err, "%s: '%s' is one argument too many", c->name, o->args[c->max_args]);
    return 0;
}

int options_read(struct options *o, const struct command *c, int n, char *const *words,
                 struct error *err)
{
    *o = (struct options){.max_error = INFINITY,
                          .fail_above = INFINITY,
                          .max_ms = INFINITY,
                          .budget_s = INFINITY,
                          .older_s = INFINITY,
                          .shard = {1, 1}};
    o->args = arena_alloc(&o->arena, (size_t)(n + 1) * sizeof *o->args);
    struct words w = {.n = n, .word = words};
    bool ended = false;
    for (; w.at < n; w.at++) {
        const char *word = words[w.at];
        if (!ended && strcmp(word, "--") == 0)
            ended = true;
        else if (ended || word[0] != '-' || !word[1])
            o->args[o->n_args++] = word;
        else if (read_option(o, c, &w, err))
            return -1;
    }
    o->threads = o->all_threads.value[0];
    o->granularity = o->granularities.value[0];
    o->isa = o->isas.value[0];
    return check_usage(o, c, err);
}

bool options_have_several(const struct options *o)
{
    return o->all_threads.n > 1 || o->batches.n > 1 || o->granularities.n > 1 || o->isas.n > 1;
}

void options_release(struct options *o)
{
    free(o->dims);
    arena_release(&o->arena);
}

// Text in lines of at most 80 columns, each but the first after `indent` spaces.
static void print_wrapped(const char *text, int column, int indent, FILE *out)
{
    while (*text) {
        int n = (int)strcspn(text, " ");
        if (column + n > 80) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        fprintf(out, "%.*s", n, text);
        text += n;
        column += n;
        if (*text == ' ') {
            text++;
            column++;
            if (column + (int)strcspn(text, " ") <= 80)
                fputc(' ', out);
        }
    }
    fputc('\n', out);
}

void options_help(const struct command *c, FILE *out)
{
    enum { HELP_COLUMN = 22 };
    struct arena arena = {0};
    fprintf(out, "usage: dlbricks %s [OPTION]...%s%s\n\n", c->name, *c->arguments ? " " : "",
            c->arguments);
    print_wrapped(c->summary, 0, 0, out);
    if (c->details) {
        fputc('\n', out);
        print_wrapped(c->details, 0, 0, out);
    }
    fputc('\n', out);
    for (const struct option *row = options; row < options + N_OPTIONS; row++) {
        if (!takes(c, row))
            continue;
        int n = fprintf(out, "  %s %s", row->name, row->argument ? row->argument : "");
        fprintf(out, "%*s", HELP_COLUMN - n, "");
        const char *several = !row->repeats && takes_several(c, row) ? "; several as A,B,C" : "";
        const char *help = arena_printf(&arena, "%s%s", row->help, several);
        print_wrapped(help, HELP_COLUMN, HELP_COLUMN, out);
    }
    arena_release(&arena);
}
