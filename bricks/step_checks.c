// What the checks of all steps ask about shapes and attributes.
#include "bricks/step_checks.h"

#include <string.h>

const struct tensor *step_src(const struct graph *g, const struct node *n, int k)
{
    return &g->values[n->src[k]].t;
}

const struct tensor *step_optional_src(const struct graph *g, const struct node *n, int k)
{
    return k < step_own_sources(n) && n->src[k] != NONE ? step_src(g, n, k) : NULL;
}

const struct tensor *step_dst(const struct graph *g, const struct node *n)
{
    return &g->values[n->dst[0]].t;
}

// ---- shapes --------------------------------------------------------------------------------

bool tensor_is_row_major(const struct tensor *t)
{
    return t->layout == LAYOUT_row || tensor_layouts_coincide(t);
}

bool tensor_is_vector_of(const struct tensor *t, int64_t n)
{
    return t->rank == 1 && t->dims[0] == n;
}

bool tensor_is_spatial(const struct tensor *t)
{
    return t->rank >= 3 && t->rank <= 2 + MAX_SPATIAL;
}

bool tensor_has_dims(const struct tensor *t, int rank, const int64_t *dims)
{
    struct tensor other = {.rank = rank};
    memcpy(other.dims, dims, sizeof *dims * (size_t)rank);
    return tensor_same_shape(t, &other);
}

const char *unless(bool fits, const char *what)
{
    return fits ? NULL : what;
}

int step_axis(const struct node *n, int64_t fallback, int rank)
{
    int64_t axis = node_int(n, ATTR_axis, fallback);
    if (axis < -rank || axis >= rank)
        return NONE;
    return (int)(axis < 0 ? axis + rank : axis);
}

bool step_read_ints(const struct node *n, enum attr_key key, int count, int64_t least,
                    int64_t fallback, int64_t *out)
{
    int given;
    const int64_t *ints = node_ints(n, key, &given);
    bool fits = given == 0 || given == count;
    for (int i = 0; fits && i < count; i++) {
        out[i] = given ? ints[i] : fallback;
        fits = out[i] >= least && out[i] <= INT32_MAX;
    }
    return fits;
}
