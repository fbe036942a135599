#include "runner/loaded_weights.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bricks/plan.h"
#include "runner/data.h"

struct weight_form {
    int value;
    const struct node *node; // first that wants it, as its source `src`
    int src;
    const struct kernel *kernel;
    size_t offset;
    struct kernel_slices slices; // in which it is made
    size_t pack_room;
};

// A room of that size is enough: slices are large enough then that each costs next to nothing.
static const size_t ENOUGH = (size_t)4 << 20;

void loaded_weights_init(struct loaded_weights *w, const struct engine *engine,
                         const struct graph *g)
{
    *w = (struct loaded_weights){.engine = engine, .graph = g};
}

void loaded_weights_release(struct loaded_weights *w)
{
    free(w->forms);
    *w = (struct loaded_weights){0};
}

// ---- forms ---------------------------------------------------------------------------------

static const struct kernel_weight *wanted(const struct weight_form *f)
{
    return &f->kernel->weights[f->src];
}

static const struct weight_form *find_form(const struct loaded_weights *w, int value,
                                           const struct kernel_weight *weight)
{
    for (int i = 0; i < w->n_forms; i++)
        if (w->forms[i].value == value && kernel_weight_same(wanted(&w->forms[i]), weight))
            return &w->forms[i];
    return NULL;
}

static const struct value *value_of(const struct loaded_weights *w, const struct weight_form *f)
{
    return &w->graph->values[f->value];
}

// Contents that are not known look random in any order of the elements: they are made as they lie,
// as sequences of bricks have theirs. Padding wants zeros, and gates their own shares.
static bool made_in_place(const struct loaded_weights *w, const struct weight_form *f)
{
    return !value_of(w, f)->data && !wanted(f)->rearranged && !kernel_weight_is_opaque(wanted(f)) &&
           wanted(f)->bytes == tensor_bytes(&value_of(w, f)->t);
}

static size_t row_bytes(const struct loaded_weights *w, const struct weight_form *f)
{
    return tensor_bytes(&value_of(w, f)->t) / (size_t)f->slices.rows;
}

// What is at least needed to make a form, and what is enough.
static size_t room_wanted(const struct loaded_weights *w, const struct weight_form *f)
{
    if (made_in_place(w, f))
        return 0;
    if (value_of(w, f)->data)
        return f->pack_room;
    size_t whole = plan_aligned(tensor_bytes(&value_of(w, f)->t)) + f->pack_room;
    size_t least = f->slices.unit > 0 ? (size_t)f->slices.unit * row_bytes(w, f) : whole;
    size_t enough = whole < ENOUGH ? whole : ENOUGH;
    return least > enough ? least : enough;
}

static void add_form(struct loaded_weights *w, const struct node *n, int src,
                     const struct kernel *k)
{
    const struct kernel_weight *weight = &k->weights[src];
    int value = graph_storage(w->graph, n->src[src]);
    if (find_form(w, value, weight))
        return;
    grow(&w->forms, &w->capacity, w->n_forms + 1, sizeof *w->forms);
    struct weight_form *f = &w->forms[w->n_forms++];
    *f = (struct weight_form){value, n, src, k, w->bytes, {1, 0}, 0};
    if (w->graph->values[value].t.type == TYPE_f32)
        f->slices = kernel_slices(weight);
    if (f->slices.unit == 0)
        f->pack_room = kernel_pack_room(w->engine, weight);
    size_t room = room_wanted(w, f);
    w->room_bytes = room > w->room_bytes ? room : w->room_bytes;
    w->bytes += plan_aligned(weight->bytes);
}

void loaded_weights_add(struct loaded_weights *w, const struct node *n, const struct kernel *k)
{
    for (int s = 0; s < n->n_src; s++)
        if (k->weights[s].bytes > 0)
            add_form(w, n, s, k);
}

size_t loaded_weights_offset(const struct loaded_weights *w, const struct node *n, int src,
                             const struct kernel *k)
{
    return find_form(w, graph_storage(w->graph, n->src[src]), &k->weights[src])->offset;
}

// ---- contents ------------------------------------------------------------------------------

// As many rows at a time as there is room for.
static int make_slices(const struct loaded_weights *w, const struct weight_form *f, char *at,
                       char *room, size_t room_bytes, struct error *err)
{
    const struct kernel_slices *s = &f->slices;
    const size_t row = row_bytes(w, f);
    const int64_t columns = (int64_t)(row / sizeof(float));
    const int64_t most = (int64_t)(room_bytes / row) / s->unit * s->unit;
    int status = 0;
    for (int64_t first = 0; first < s->rows && status == 0; first += most) {
        int64_t n = s->rows - first < most ? s->rows - first : most;
        data_fill_slice(w->graph, f->node, f->src, first * columns, room, (size_t)n * row,
                        (uint64_t)f->value);
        status = kernel_pack_slice(w->engine, f->kernel, f->src, first, n, room, at, err);
    }
    return status;
}

static int make_whole(const struct loaded_weights *w, const struct weight_form *f, char *at,
                      char *room, struct error *err)
{
    const void *known = value_of(w, f)->data;
    size_t bytes = tensor_bytes(&value_of(w, f)->t);
    bool in_place = made_in_place(w, f);
    if (!known)
        data_fill_operand(w->graph, f->node, f->src, in_place ? at : room, bytes,
                          (uint64_t)f->value);
    if (in_place)
        return 0;
    char *pack_room = known ? room : room + plan_aligned(bytes);
    return kernel_pack(w->engine, f->kernel, f->src, known ? known : room, at, pack_room, err);
}

int loaded_weights_make(const struct loaded_weights *w, char *at, char *room, size_t room_bytes,
                        struct error *err)
{
    int status = 0;
    for (int i = 0; i < w->n_forms && status == 0; i++) {
        const struct weight_form *f = &w->forms[i];
        bool sliced = f->slices.unit > 0 && !value_of(w, f)->data && !made_in_place(w, f);
        status = sliced ? make_slices(w, f, at + f->offset, room, room_bytes, err)
                        : make_whole(w, f, at + f->offset, room, err);
    }
    return status;
}
