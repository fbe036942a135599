// Reference of pooling over windows, and over the whole image, which has no kernel_shape.
#include <math.h>

#include "reference/window.h"

// What the taps of one window say.
struct pooled {
    long double largest, sum, powers; // powers: of |x| to p
    int64_t counted;                  // taps that an average divides by
    int64_t place[MAX_RANK];          // of the largest: the first of equal ones
};

static void take_tap(const struct reference_step *s, const int64_t *place, struct pooled *p)
{
    long double x = operand_at(&s->src[0], place);
    if (x > p->largest) {
        p->largest = x;
        for (int d = 0; d < s->src[0].t->rank; d++)
            p->place[d] = place[d];
    }
    p->sum += x;
    if (s->node->op == OP_LpPool || s->node->op == OP_GlobalLpPool)
        p->powers += powl(fabsl(x), (long double)node_int(s->node, ATTR_p, 2));
}

static struct pooled pool(const struct reference_step *s, const struct window *w, const int64_t *at)
{
    struct pooled p = {.largest = -INFINITY, .place = {at[0], at[1]}};
    bool include_pad = node_int(s->node, ATTR_count_include_pad, 0) != 0;
    int64_t place[MAX_RANK] = {at[0], at[1]};
    for (int64_t tap = 0; tap < w->taps; tap++) {
        enum where where = tap_place(w, s->src[0].t, at, tap, place + 2);
        p.counted += where == INSIDE || (where == IN_PADDING && include_pad);
        if (where == INSIDE)
            take_tap(s, place, &p);
    }
    return p;
}

static long double pool_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    struct pooled p = pool(s, context, at);
    switch (s->node->op) {
    case OP_MaxPool:
    case OP_GlobalMaxPool:
        return p.largest;
    case OP_LpPool:
    case OP_GlobalLpPool:
        return powl(p.powers, 1 / (long double)node_int(s->node, ATTR_p, 2));
    default:
        return p.sum / (long double)p.counted;
    }
}

// Places of the largest in all of src, its spatial dimensions column-major with storage_order 1.
static void store_places(const struct reference_step *s, const struct window *w,
                         const struct result *places)
{
    struct tensor order = *s->src[0].t;
    bool column_major = node_int(s->node, ATTR_storage_order, 0) != 0;
    for (int d = 2; column_major && d < order.rank; d++)
        order.dims[d] = s->src[0].t->dims[order.rank + 1 - d];
    for (int64_t i = 0; i < tensor_elements(places->t); i++) {
        int64_t at[MAX_RANK], place[MAX_RANK];
        tensor_coordinates(places->t, i, at);
        struct pooled p = pool(s, w, at);
        for (int d = 0; d < order.rank; d++)
            place[d] = p.place[column_major && d >= 2 ? order.rank + 1 - d : d];
        places->out[i] = (long double)tensor_index(&order, place);
    }
}

void reference_pool(const struct reference_step *s)
{
    const struct tensor *src = s->src[0].t;
    struct window w = window_of(s->node, src->rank, src->dims + 2);
    each_element(s, pool_at, &w);
    if (optional_result(s, 1))
        store_places(s, &w, optional_result(s, 1));
}
