#include "cli/basis.h"

#include <stdlib.h>

#include "cli/commands.h"
#include "cli/suggestion.h"
#include "runner/clock.h"

static void add_age(struct str *out, int64_t unix_time)
{
    int64_t age_s = clock_unix_time() - unix_time;
    if (age_s < 3600)
        str_addf(out, "%lld min old", (long long)(age_s / 60));
    else if (age_s < 48 * 3600)
        str_addf(out, "%lld h old", (long long)(age_s / 3600));
    else
        str_addf(out, "%lld d old", (long long)(age_s / 86400));
}

static void add_bricks(struct str *out, const struct prediction *p)
{
    int n_measured = p->n_bricks - p->n_missing - p->n_estimated;
    if (!p->n_estimated)
        str_addf(out, "%d/%d bricks", n_measured, p->n_bricks);
    else
        str_addf(out, "%d/%d measured, %d estimated (%.0f %% of the time)", n_measured, p->n_bricks,
                 p->n_estimated, 100 * p->estimated_ns / (p->time_ns - p->delays_ns));
    if (p->model->n_unmodelled)
        str_addf(out, ", %d layers not modelled", p->model->n_unmodelled);
}

void basis_describe(const struct prediction *p, struct str *out)
{
    add_bricks(out, p);
    if (p->n_missing && p->n_missing < p->n_bricks)
        str_add(out, ": sum of the known ones only");
    if (!p->oldest)
        return;
    str_addf(out, ", %d run%s, ", p->runs, p->runs == 1 ? "" : "s");
    add_age(out, p->oldest);
}

const char *basis_of_step(const struct brick_time *time)
{
    return !time->known ? "missing" : time->estimated_from ? "estimated" : "measured";
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
    double point = footprint_point(p->footprint, t->far), cost_s = 0;
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        if ((!p->times[i].known || p->times[i].estimated_from) && !seen[brick])
            cost_s += cost_estimate(t->suite->bricks[brick], 1, &point, &f->place->probe);
        seen[brick] = true;
    }
    free(seen);
    return cost_s;
}

void basis_note_lacking(const struct prediction *p, const struct forecast *f,
                        const struct options *o)
{
    int n = p->n_missing + p->n_estimated;
    struct str command = STR_INIT;
    if (n == 0)
        return;
    suggest_bench(o, f->timings.suite->granularity, f->place, &command);
    note("%s: %d of %d bricks were never timed on %s%s; about %.0f s %s with: %s", p->model->name,
         n, p->n_bricks, f->place->machine.label,
         !p->n_estimated ? ""
         : p->n_missing  ? ", some are estimated"
                         : " and are estimated",
         lacking_cost_s(p, f) + 1, o->machine ? "on that machine" : "here", command.text);
    str_release(&command);
}
