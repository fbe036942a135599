// Measuring: visits of the whole models take turns with the surrogates of their bricks, so that
// both meet the machine in the same minutes.
#include "cli/interrupt.h"
#include "cli/session.h"
#include "cli/validation.h"

static const double visits_share = 0.4; // of the time, while bricks are timed
enum { MAX_EXTRA_VISITS = 24 };         // of a model, to meet the condition of its bricks

static void visit(struct validation *v, struct subject *s)
{
    double start_s = session_now_s();
    subject_refresh(s);
    double ready_s = session_now_s();
    subject_visit(s);
    v->visits_s += session_now_s() - ready_s;
    v->start_s += ready_s - start_s; // loading is in nobody's share
}

static void visit_next(struct validation *v)
{
    visit(v, &v->subjects[v->next_visit++ % v->n]);
}

// The next model is visited whenever visits have had less than their share of the time.
static bool take_turn(void *context, const struct measure *m)
{
    struct validation *v = context;
    char text[96];
    measure_describe(m, text, sizeof text);
    progress_show(&v->progress, 0.999 * sampler_progress(m->sampler), 1, text, session_now_s());
    while (v->visits_s < visits_share * (session_now_s() - v->start_s) && !interrupted)
        visit_next(v);
    return !interrupted;
}

// Models that met the condition of their bricks too rarely are visited again, within a limit.
static void visit_lacking(struct validation *v)
{
    int lacking = 1;
    for (int round = 0; round < MAX_EXTRA_VISITS && lacking; round++) {
        lacking = 0;
        for (int i = 0; i < v->n && !interrupted; i++) {
            struct subject *s = &v->subjects[i];
            if (visits_within(&s->visits, v->timings.band) >= ENOUGH_VISITS)
                continue;
            lacking++;
            visit(v, s);
        }
    }
}

int validation_measure(struct validation *v, struct error *err)
{
    int pending;
    do
        pending = measure_round(&v->measure, take_turn, v, err);
    while (pending > 0 && !interrupted);
    while (v->next_visit < v->n * ENOUGH_VISITS && !interrupted)
        visit_next(v);
    if (pending < 0 || interrupted)
        return pending < 0 ? -1 : 0;
    if (!v->o->from_cache)
        measure_timings(&v->measure, &v->timings);
    visit_lacking(v);
    return 0;
}
