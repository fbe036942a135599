#include "cli/subject.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "cli/commands.h"
#include "cli/session.h"

static const double visit_s = 0.05;   // shortest visit
static const double load_share = 0.5; // loading may take so much of the time of visits
enum { VISITS_PER_LOAD = 2 };         // at least

static bool runs_whole(const struct measure *m, const struct model *model)
{
    for (int i = 0; i < model->n_instances; i++)
        if (m->left_out[model->instances[i].brick])
            return false;
    return true;
}

// Kernels are made once, so that the time of loading is that of any later load.
static int make_kernels(const struct graph *g, struct kernel_set *kernels, struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (!kernel_set_get(kernels, g, &g->nodes[i], err))
            return -1;
    return 0;
}

static int load(struct subject *s, const struct engine *engine, struct kernel_set *kernels,
                struct loaded_graph *loaded, struct error *err)
{
    double start_s = session_now_s();
    if (loaded_graph_init(loaded, engine, kernels, s->graph, err))
        return -1;
    s->load_s = session_now_s() - start_s;
    s->n_loads++;
    s->n_since = 0;
    s->visited_s = 0;
    return 0;
}

int subject_init(struct subject *s, const struct measure *m, const struct model *model,
                 struct error *err)
{
    *s = (struct subject){.model = model};
    if (!runs_whole(m, model))
        return fail(err, "the model has bricks that the engine cannot run");
    s->graph = suite_model_graph(m->suite, model);
    if (make_kernels(s->graph, m->kernels, err) ||
        load(s, &m->engine, m->kernels, &s->loaded, err)) {
        subject_release(s);
        return -1;
    }
    return 0;
}

void subject_release(struct subject *s)
{
    loaded_graph_release(&s->loaded);
    graph_release(s->graph);
    free(s->graph);
    visits_release(&s->visits);
}

void subject_visit(struct subject *s)
{
    double start_s = session_now_s();
    visit_model(&s->loaded, &clock_monotonic, visit_s, &s->visits);
    s->n_since++;
    s->visited_s += session_now_s() - start_s;
}

// The old memory is given back last: the kernel would hand out the same pages again.
void subject_refresh(struct subject *s)
{
    struct error err = {0};
    struct loaded_graph fresh;
    const struct program *p = &s->loaded.program;
    if (s->n_since < VISITS_PER_LOAD || s->load_s > load_share * s->visited_s)
        return;
    if (load(s, p->engine, p->kernels, &fresh, &err)) {
        note("%s keeps the memory that it has: %s", s->model->name, err.text);
        s->load_s = INFINITY;
        return;
    }
    loaded_graph_release(&s->loaded);
    s->loaded = fresh;
}

int subject_visits_within(const struct subject *s, struct band band)
{
    int n = 0;
    for (int i = 0; i < s->visits.n_visits; i++)
        n += visit_within(&s->visits.visit[i], band);
    return n;
}

static void fill_measured(const struct subject *s, struct band band, struct verdict *out)
{
    double *times = xmalloc((size_t)s->visits.n * sizeof *times);
    int n = visits_select(&s->visits, band, times);
    sort_doubles(times, n);
    struct interval measured = median_interval(times, n);
    out->measured_p50_ns = measured.value;
    out->measured_low_ns = measured.low;
    out->measured_high_ns = measured.high;
    out->measured_p99_ns = quantile_sorted(times, n, 0.99);
    out->noise = visits_noise(&s->visits, band);
    out->runs = n;
    free(times);
}

static void fill_predicted(const struct prediction *p, struct verdict *out)
{
    out->predicted_p50_ns = p->time_ns;
    out->predicted_low_ns = p->low_ns;
    out->predicted_high_ns = p->high_ns;
    out->footprint_bytes = p->footprint;
    struct outcome outcome = verdict_outcome(out);
    out->error = outcome_error(&outcome);
    out->in_range = outcome_in_range(&outcome) ? "yes" : "no";
    out->hot_error = p->hot_ns > 0 ? p->hot_ns / out->measured_p50_ns - 1 : NAN;
}

void subject_judge(const struct subject *s, const struct prediction *p, struct band band,
                   struct verdict *out)
{
    int n = subject_visits_within(s, band);
    if (n < ENOUGH_VISITS)
        note("%s: only %d of %d visits met the condition in which the bricks were timed%s",
             s->model->name, n, s->visits.n_visits,
             n ? "" : "; it is judged by the others, which says little");
    out->visits = s->visits.n_visits;
    out->visits_within = n;
    out->placements = s->n_loads;
    fill_measured(s, n ? band : band_all(), out);
    fill_predicted(p, out);
}
