#include "cli/basis.h"

#include <stdlib.h>

#include "bricks/cost.h"
#include "cli/commands.h"
#include "cli/suggestion.h"
#include "runner/clock.h"

static void add_age(struct str *out, int64_t unix_time)
{
    int64_t age_s = clock_unix_time() - unix_time;
    if (age_s < -60) // clocks apart
        str_add(out, "dated in the future");
    else if (age_s < 3600)
        str_addf(out, "%lld min old", (long long)(age_s / 60));
    else if (age_s < 48 * 3600)
        str_addf(out, "%lld h old", (long long)(age_s / 3600));
    else
        str_addf(out, "%lld d old", (long long)(age_s / 86400));
}

static void add_bricks(struct str *out, const struct prediction *p, int n_stale)
{
    double steps_ns = p->time_ns - p->delays_ns;
    str_addf(out, "%d/%d %s", p->n_measured, p->n_bricks,
             p->n_lent + p->n_estimated ? "measured" : "bricks");
    if (n_stale)
        str_addf(out, " (%d stale)", n_stale);
    if (p->n_lent)
        str_addf(out, ", %d lent (%.0f %% of the time)", p->n_lent, 100 * p->lent_ns / steps_ns);
    if (p->n_estimated)
        str_addf(out, ", %d estimated (%.0f %% of the time)", p->n_estimated,
                 100 * p->estimated_ns / steps_ns);
    if (p->model->n_unmodelled)
        str_addf(out, ", %d layers not modelled", p->model->n_unmodelled);
}

void basis_describe(const struct prediction *p, const struct forecast *f, struct str *out)
{
    add_bricks(out, p, forecast_count_stale(f, 1, p));
    if (p->n_missing && p->n_missing < p->n_bricks)
        str_add(out, ": sum of the known ones only");
    if (!p->oldest)
        return;
    str_addf(out, ", %d run%s, ", p->runs, p->runs == 1 ? "" : "s");
    add_age(out, p->oldest);
}

const char *basis_of_step(const struct brick_time *time)
{
    return !time->known           ? "missing"
           : time->estimated_from ? "estimated"
           : time->lent_from      ? "lent"
           : time->stale_from     ? "stale"
                                  : "measured";
}

const char *basis_of_contribution(const struct contribution *c)
{
    return c->missing     ? "missing"
           : c->estimated ? "estimated"
           : c->lent      ? "lent"
           : c->stale     ? "stale"
                          : "measured";
}

void basis_add_layers(struct table *t, const struct instance *instance)
{
    struct str layers = STR_INIT;
    for (int k = 0; k < instance->n_steps; k++)
        if (instance->layers[k][0])
            str_addf(&layers, layers.len ? " | %s" : "%s", instance->layers[k]);
    table_text(t, layers.text);
    str_release(&layers);
}

// Seconds that timing what was not timed for one model would take.
static double lacking_cost_s(const struct prediction *p, const struct forecast *f)
{
    const struct timings *t = &f->timings;
    bool *seen = xcalloc((size_t)t->suite->n_bricks, sizeof *seen);
    double point = footprint_point(p->footprint, t->far);
    struct bill bill;
    bill_init(&bill, &f->place->probe);
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        if (!brick_time_is_own(&p->times[i]) && !seen[brick])
            bill_add(&bill, t->suite->bricks[brick], 1, &point);
        seen[brick] = true;
    }
    free(seen);
    return bill_topped_up_s(&bill);
}

void basis_note_lacking(const struct prediction *p, const struct forecast *f,
                        const struct options *o)
{
    int n = p->n_bricks - p->n_measured;
    const char *instead = p->n_lent && p->n_estimated ? "lent or estimated"
                          : p->n_lent                 ? "lent"
                                                      : "estimated";
    struct str command = STR_INIT;
    if (n == 0)
        return;
    suggest_bench(o, f->timings.suite->granularity, f->place, &command);
    note("%s: %d of %d bricks were never timed on %s%s%s; about %.0f s %s with: %s", p->model->name,
         n, p->n_bricks, f->place->machine.label,
         n == p->n_missing ? ""
         : p->n_missing    ? ", some are "
                           : " and are ",
         n == p->n_missing ? "" : instead, lacking_cost_s(p, f) + 1,
         o->machine ? "on that machine" : "here", command.text);
    str_release(&command);
}

static int count_lacking(const struct forecast *f)
{
    int n = 0;
    for (int i = 0; i < f->n; i++)
        n += f->prediction[i].n_bricks - f->prediction[i].n_measured;
    return n;
}

static void note_stale(const struct forecast *f, const struct substitutes *with)
{
    const char *label = f->place->machine.label;
    int n = forecast_count_stale(f, f->n, f->prediction);
    if (n)
        note("%s: %d brick(s) rest on stale records, of other patch levels; the intervals do not "
             "cover what those changed",
             label, n);
    if (count_lacking(f) && !with->stale && cache_has_stale(&with->all, f->place))
        note("%s: the cache has records of other patch levels; --stale uses them where it lacks "
             "others",
             label);
}

// Whether some brick's time is this lender's.
static bool lends(const struct forecast *f, const struct cache_place *lender)
{
    for (int k = 0; k < f->n; k++)
        for (int i = 0; i < f->prediction[k].model->n_instances; i++)
            if (f->prediction[k].times[i].lent_from == lender)
                return true;
    return false;
}

static void note_lenders(const struct forecast *f)
{
    struct lending l;
    for (int i = 0; f->lenders && lenders_lending(f->lenders, i, &l); i++) {
        const char *label = f->place->machine.label, *lender = l.place->machine.label;
        if (!lends(f, l.place))
            continue;
        if (l.n_common)
            note("%s: %s, another size of this machine, lends times; they are taken to be %.0f %% "
                 "off, from %d that both have",
                 label, lender, 100 * l.spread, l.n_common);
        else
            note("%s: %s, another size of this machine, lends times; they are taken to be %.0f %% "
                 "off, a guess, as the two have none in common",
                 label, lender, 100 * l.spread);
    }
}

static void note_lent(const struct forecast *f, const struct substitutes *with)
{
    const struct cache_place *lender = NULL;
    for (int i = 0; i < with->all.n && !lender; i++)
        if (place_is_lender(&with->all.places[i], f->place))
            lender = &with->all.places[i];
    if (with->lent)
        note_lenders(f);
    else if (lender && count_lacking(f))
        note("%s: the cache has records of %s, another size of this machine; --lent uses them "
             "where it lacks others",
             f->place->machine.label, lender->machine.label);
}

void basis_note_substitutes(const struct forecast *f, const struct substitutes *with)
{
    note_stale(f, with);
    note_lent(f, with);
}
