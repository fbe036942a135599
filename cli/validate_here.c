// Validates one setting. Fresh: models and their bricks are measured in the same minutes. From the
// cache: only the models run.
#include <stdlib.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/room.h"
#include "cli/session.h"
#include "cli/suggestion.h"
#include "cli/validate.h"
#include "cli/validation.h"

// ---- models --------------------------------------------------------------------------------

static void say_missing(const struct validation *v, const struct prediction *p)
{
    struct str command = STR_INIT;
    suggest_bench(v->o, v->measure.suite->granularity, &v->measure.place, &command);
    note("%s is left out: %d of %d bricks are not in the cache; time them with: %s", p->model->name,
         p->n_missing, p->n_bricks, command.text);
    str_release(&command);
}

static bool is_in_cache(const struct validation *v, const struct model *model)
{
    struct prediction p;
    predict_model(&p, &v->timings, model);
    bool whole = p.n_missing == 0;
    if (!whole)
        say_missing(v, &p);
    prediction_release(&p);
    return whole;
}

static bool runs_whole(const struct measure *m, const struct model *model)
{
    for (int i = 0; i < model->n_instances; i++)
        if (m->left_out[model->instances[i].brick])
            return false;
    return true;
}

static int make_subject(struct validation *v, const struct model *model, struct error *err)
{
    const struct measure *m = &v->measure;
    if (!runs_whole(m, model))
        return fail(err, "the model has bricks that the engine cannot run");
    return subject_init(&v->subjects[v->n], &m->engine, m->kernels, m->suite, model, err);
}

static void add_subject(struct validation *v, const struct model *model)
{
    struct error err = {0};
    if (v->o->from_cache && !is_in_cache(v, model)) {
        v->n_incomplete++;
    } else if (make_subject(v, model, &err)) {
        error_prefix(&err, model->name);
        report(&err);
        v->n_left_out++;
    } else {
        v->n++;
    }
}

static void add_subjects(struct validation *v)
{
    const struct suite *s = v->measure.suite;
    v->subjects = xcalloc((size_t)s->n_models, sizeof *v->subjects);
    for (int i = 0; i < s->n_models; i++)
        add_subject(v, &s->models[i]);
}

// ---- the whole -----------------------------------------------------------------------------

static int open_validation(struct validation *v, const struct suite *s, struct error *err)
{
    if (measure_open(&v->measure, v->o, s, err))
        return -1;
    if (!v->o->from_cache && measure_start(&v->measure, v->measure.demands, &sampler_defaults, err))
        return -1;
    if (v->o->from_cache)
        timings_load(&v->timings, s, &v->measure.place);
    if (v->timings.misses.n)
        note("%d file(s) of the cache are passed over, the first: %s", v->timings.misses.n,
             v->timings.misses.reason);
    add_subjects(v);
    return 0;
}

static int validate(struct validation *v, const struct suite *s, struct findings *f,
                    struct error *err)
{
    if (open_validation(v, s, err))
        return -1;
    v->start_s = session_now_s();
    progress_start(&v->progress, stderr, v->start_s);
    int status = v->n ? validation_measure(v, err) : 0;
    progress_clear(&v->progress);
    if (status)
        return -1;
    if (v->measure.place.probe.warning[0])
        note("%s", v->measure.place.probe.warning);
    if (v->n && !interrupted)
        validation_collect(v, f);
    return 0;
}

static int status_of(const struct validation *v)
{
    if (v->n_left_out || v->measure.n_left_out)
        return STATUS_failed;
    return interrupted || v->n_incomplete ? STATUS_incomplete : STATUS_done;
}

static void close_validation(struct validation *v)
{
    for (int i = 0; i < v->n; i++)
        subject_release(&v->subjects[i]);
    free(v->subjects);
    if (v->timings.suite)
        timings_release(&v->timings);
    measure_close(&v->measure);
}

int validate_here(const struct options *o, struct findings *f)
{
    struct suite s;
    struct error err = {0};
    struct options bound;
    int status = batch_load(o, &bound, &s), n_too_large = room_leave_out(&s);
    if (s.n_models) {
        struct validation v = {.o = &bound, .n_left_out = n_too_large};
        if (validate(&v, &s, f, &err))
            status = report(&err);
        else if (status == STATUS_done)
            status = status_of(&v);
        close_validation(&v);
    } else if (status == STATUS_done && n_too_large) {
        status = STATUS_failed;
    }
    suite_release(&s);
    free(bound.dims);
    return status;
}
