#include "cli/batch.h"

#include <stdlib.h>

#include "cli/commands.h"
#include "cli/input.h"

int64_t batch_of_model(const struct model *model)
{
    return model->n_inputs && model->inputs[0].t.rank ? model->inputs[0].t.dims[0] : 1;
}

// Models that --batch does not reach say nothing about it. Their bricks stay in the suite, where no
// model wants them. Fails if no model is left.
static int drop_other_batches(struct suite *s, int batch, struct error *err)
{
    int kept = 0, n = s->n_models;
    for (int i = 0; i < s->n_models; i++) {
        struct model *m = &s->models[i];
        if (batch_of_model(m) == batch)
            s->models[kept++] = *m;
        else
            note("%s is left out: its batch is %lld, not %d, and it has no dimension named batch "
                 "(perhaps --dim NAME=%d sets it)",
                 m->name, (long long)batch_of_model(m), batch, batch);
    }
    s->n_models = kept;
    return n && !kept ? fail(err, "no model has a batch of %d", batch) : 0;
}

int batch_load(const struct options *o, struct options *bound, struct suite *s)
{
    struct error err = {0};
    size_t n = (size_t)o->n_dims;
    *bound = *o;
    bound->dims = xcalloc(n + 1, sizeof *bound->dims);
    for (size_t i = 0; i < n; i++)
        bound->dims[i] = o->dims[i];
    if (o->batches.n) {
        bound->dims[bound->n_dims++] = (struct dim_binding){"batch", o->batches.value[0]};
        bound->n_optional_dims = 1;
    }
    int status = input_load_whole(bound, s);
    if (o->batches.n && drop_other_batches(s, o->batches.value[0], &err))
        status = report(&err);
    return status;
}
