// Validates one setting. Fresh: models and their bricks are measured in the same minutes. From the
// cache: only the models run.
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/interrupt.h"
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

static void add_subject(struct validation *v, const struct model *model)
{
    struct error err = {0};
    if (v->o->from_cache && !is_in_cache(v, model)) {
        v->n_incomplete++;
    } else if (subject_init(&v->subjects[v->n], &v->measure, model, &err)) {
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

// Models that --batch does not reach say nothing about it. Their bricks stay in the suite, where no
// model wants them. Fails if no model is left.
static int drop_other_batches(struct suite *s, int batch, struct error *err)
{
    int kept = 0, n = s->n_models;
    for (int i = 0; i < s->n_models; i++) {
        struct model *m = &s->models[i];
        if (validation_batch_of(m) == batch)
            s->models[kept++] = *m;
        else
            note("%s is left out: its batch is %lld, not %d, and it has no dimension named batch "
                 "(perhaps --dim NAME=%d sets it)",
                 m->name, (long long)validation_batch_of(m), batch, batch);
    }
    s->n_models = kept;
    return n && !kept ? fail(err, "no model has a batch of %d", batch) : 0;
}

static int validate_suite(const struct options *o, struct findings *f)
{
    struct suite s;
    struct error err = {0};
    int status = input_load_whole(o, &s);
    if (o->batches.n && drop_other_batches(&s, o->batches.value[0], &err))
        status = report(&err);
    if (s.n_models) {
        struct validation v = {.o = o};
        if (validate(&v, &s, f, &err))
            status = report(&err);
        else if (status == STATUS_done)
            status = status_of(&v);
        close_validation(&v);
    }
    suite_release(&s);
    return status;
}

// --batch N is --dim batch=N for all models that have such a dimension.
int validate_here(const struct options *o, struct findings *f)
{
    struct options with_batch = *o;
    size_t n = (size_t)o->n_dims;
    with_batch.dims = xcalloc(n + 1, sizeof *with_batch.dims);
    for (size_t i = 0; i < n; i++)
        with_batch.dims[i] = o->dims[i];
    if (o->batches.n) {
        with_batch.dims[with_batch.n_dims++] = (struct dim_binding){"batch", o->batches.value[0]};
        with_batch.n_optional_dims = 1;
    }
    int status = validate_suite(&with_batch, f);
    free(with_batch.dims);
    return status;
}
