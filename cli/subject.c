#include "cli/subject.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "cli/commands.h"

static const double visit_s = 0.05; // shortest visit

static bool runs_whole(const struct measure *m, const struct model *model)
{
    for (int i = 0; i < model->n_instances; i++)
        if (m->left_out[model->instances[i].brick])
            return false;
    return true;
}

int subject_init(struct subject *s, const struct measure *m, const struct model *model,
                 struct error *err)
{
    *s = (struct subject){.model = model};
    if (!runs_whole(m, model))
        return fail(err, "the model has bricks that the engine cannot run");
    s->graph = suite_model_graph(m->suite, model);
    int status = loaded_graph_init(&s->loaded, &m->engine, m->kernels, s->graph, err);
    if (status)
        subject_release(s);
    return status;
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
    visit_model(&s->loaded, &clock_monotonic, visit_s, &s->visits);
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
    fill_measured(s, n ? band : band_all(), out);
    fill_predicted(p, out);
}
