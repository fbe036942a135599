#include "predict/why.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *why_name(enum why why)
{
    static const char *const names[] = {
#define WHY(name) #name,
        WHY_REASONS(WHY)
#undef WHY
    };
    return names[why];
}

void inquiry_init(struct inquiry *q, const struct suite *suite, const struct cache_all *all,
                  const struct cache_place *here)
{
    *q = (struct inquiry){.all = all, .here = here};
    timings_load(&q->timings, suite, here);
    q->demands = demands_of_suite(suite, q->timings.far, NULL);
}

void inquiry_release(struct inquiry *q)
{
    demands_free(q->demands, q->timings.suite->n_bricks);
    timings_release(&q->timings);
}

// Looks through the records of a brick in one place.
struct search {
    const struct inquiry *q;
    const struct cache_place *place;
    int brick, n_usable;
    enum why elsewhere;    // what keeps all records of this place from being used
    struct str difference; // of this place
    struct reasons *reasons;
};

static void add(struct search *s, enum why why, const char *path, const char *detail)
{
    struct reasons *r = s->reasons;
    grow(&r->reason, &r->capacity, r->n + 1, sizeof *r->reason);
    r->reason[r->n++] = (struct reason){why, s->place, xstrdup(path), xstrdup(detail)};
}

static void add_mb(struct str *out, int i, double bytes)
{
    str_addf(out, i ? ", %.1f" : "%.1f", bytes * 1e-6);
}

static void describe_footprints(const struct record *r, const struct demand *d, struct str *out)
{
    int n = 0;
    str_add(out, "footprint ");
    for (int i = 0; i < r->n_series; i++)
        if (r->series[i].footprint > 0 && r->series[i].n)
            add_mb(out, n++, r->series[i].footprint);
    str_add(out, n ? " MB, not " : "none, not ");
    for (int i = 0; i < d->n; i++)
        add_mb(out, i, d->footprint[i]);
    str_add(out, " MB");
}

static bool is_timed(const struct timings *t, int brick, double footprint)
{
    for (int i = 0; i < t->n_records[brick]; i++)
        if (timings_series(t, brick, i, footprint))
            return true;
    return false;
}

// A record of the place itself: whether it has samples for any of the models.
static void judge_own(struct search *s, const char *path, const struct record *r, int run)
{
    const struct timings *t = &s->q->timings;
    const struct demand *d = &s->q->demands[s->brick];
    const char *counts = timings_implementation(t, s->brick, run);
    struct str detail = STR_INIT;
    enum why why = d->n ? WHY_footprint : WHY_used;
    for (int i = 0; i < d->n; i++)
        if (timings_series(t, s->brick, run, d->footprint[i]))
            why = WHY_used;
    if (strcmp(r->implementation, counts) != 0) {
        why = WHY_implementation;
        str_addf(&detail, "implementation %s, not %s", r->implementation, counts);
    } else if (why == WHY_footprint) {
        describe_footprints(r, d, &detail);
    }
    add(s, why, path, detail.text);
    str_release(&detail);
}

// The path has a field of its own.
static const char *without_path(const char *message, const char *path)
{
    size_t n = strlen(path);
    bool leads = strncmp(message, path, n) == 0 && strncmp(message + n, ": ", 2) == 0;
    return leads ? message + n + 2 : message;
}

static void judge(void *context, enum record_fate fate, const char *path, struct record *r,
                  const char *why)
{
    static const enum why fates[] = {
        [FATE_damaged] = WHY_damaged, [FATE_foreign] = WHY_damaged, [FATE_old] = WHY_loop};
    struct search *s = context;
    if (fate != FATE_usable)
        add(s, fates[fate], path, without_path(why, path));
    else if (s->elsewhere != WHY_used)
        add(s, s->elsewhere, path, s->difference.text);
    else
        judge_own(s, path, r, s->n_usable++);
    record_release(r);
}

// What all records of a place lack, and the fields in which it differs from where they are wanted.
static enum why compare(const struct cache_place *place, const struct cache_place *here,
                        struct str *out)
{
    machine_difference(&place->machine, &here->machine, out);
    bool same_machine = out->len == 0;
    bool same_environment = environment_difference(&place->environment, &here->environment) < 0;
    if (!same_machine && !same_environment)
        str_add(out, "; ");
    environment_differences(&place->environment, &here->environment, out);
    if (!same_machine)
        return same_environment && machine_is_relative(&place->machine, &here->machine)
                   ? WHY_relative
                   : WHY_machine;
    if (out->len == 0)
        return WHY_used;
    return environment_is_patch(&place->environment, &here->environment) ? WHY_stale
                                                                         : WHY_environment;
}

void reasons_find(struct reasons *r, const struct inquiry *q, int brick)
{
    *r = (struct reasons){0};
    for (int i = 0; i < q->all->n; i++) {
        struct search s = {.q = q,
                           .place = &q->all->places[i],
                           .brick = brick,
                           .difference = STR_INIT,
                           .reasons = r};
        s.elsewhere = compare(s.place, q->here, &s.difference);
        cache_visit_brick(s.place, q->timings.suite->bricks[brick], judge, &s);
        str_release(&s.difference);
    }
}

void reasons_release(struct reasons *r)
{
    for (int i = 0; i < r->n; i++) {
        free(r->reason[i].path);
        free(r->reason[i].detail);
    }
    free(r->reason);
    *r = (struct reasons){0};
}

static bool is_known(const struct inquiry *q, int brick)
{
    const struct demand *d = &q->demands[brick];
    for (int i = 0; i < d->n; i++)
        if (!is_timed(&q->timings, brick, d->footprint[i]))
            return false;
    return q->timings.n_records[brick] > 0;
}

// "footprint 14.7 MB is not timed": of a brick some of whose footprints are.
static char *missing_footprints(const struct inquiry *q, int brick)
{
    const struct demand *d = &q->demands[brick];
    struct str out = STR_INIT;
    int n = 0;
    str_add(&out, "not timed at footprint ");
    for (int i = 0; i < d->n; i++)
        if (!is_timed(&q->timings, brick, d->footprint[i]))
            add_mb(&out, n++, d->footprint[i]);
    str_add(&out, " MB");
    return str_detach(&out);
}

// How many fields differ: they are told apart by semicolons.
static int n_differing(const struct reason *r)
{
    int n = 1;
    for (const char *c = r->detail; c && *c; c++)
        n += *c == ';';
    return n;
}

static bool comes_nearer(const struct reason *a, const struct reason *b)
{
    return a->why < b->why || (a->why == b->why && n_differing(a) < n_differing(b));
}

struct reason reason_of_brick(const struct reasons *r, const struct inquiry *q, int brick)
{
    struct reason best = {.why = WHY_new};
    bool known = is_known(q, brick);
    for (int i = 0; i < r->n; i++)
        if (comes_nearer(&r->reason[i], &best))
            best = r->reason[i];
    best.path = NULL;
    best.detail = xstrdup(best.detail ? best.detail : "");
    if (best.why == WHY_used && !known) {
        free(best.detail);
        best.why = WHY_footprint;
        best.detail = missing_footprints(q, brick);
    }
    return best;
}
