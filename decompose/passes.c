// Common to the passes: messages and look-ups.
#include "decompose/passes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "decompose/onnx_tensor.h"

static struct name_text name_text(const char *name)
{
    struct name_text text;
    printable(text.s, sizeof text.s, name && *name ? name : "(unnamed)");
    return text;
}

struct name_text value_name(const struct graph *g, int v)
{
    return name_text(v == NONE ? NULL : g->values[v].name);
}

struct label_text node_label(const struct graph *g, const struct node *n)
{
    struct label_text label;
    bool named = n->name && *n->name;
    struct name_text name = named ? name_text(n->name) : value_name(g, n->n_dst ? n->dst[0] : NONE);
    snprintf(label.s, sizeof label.s, named ? "%.48s '%s'" : "%.48s that gives '%s'",
             n->op_type ? n->op_type : op_info(n->op)->name, name.s);
    return label;
}

static int fail_with(const struct graph *g, const struct node *n, struct error *err,
                     const char *format, va_list args)
{
    char text[768];
    vsnprintf(text, sizeof text, format, args);
    return fail(err, "%s: %s", node_label(g, n).s, text);
}

int node_fail(const struct graph *g, const struct node *n, struct error *err, const char *format,
              ...)
{
    va_list args;
    va_start(args, format);
    int status = fail_with(g, n, err, format, args);
    va_end(args);
    return status;
}

int node_unsupported(const struct graph *g, const struct node *n, struct error *err,
                     const char *format, ...)
{
    if (err && !err->text[0])
        err->unsupported = true;
    va_list args;
    va_start(args, format);
    int status = fail_with(g, n, err, format, args);
    va_end(args);
    return status;
}

struct dims_text dims_text(const struct tensor *t)
{
    struct dims_text text = {"scalar"};
    size_t at = 0;
    for (int i = 0; i < t->rank; i++)
        at += (size_t)snprintf(text.s + at, sizeof text.s - at, i ? "x%lld" : "%lld",
                               (long long)t->dims[i]);
    return text;
}

const void *value_data(const struct graph *g, int v)
{
    static const int64_t nothing[1];
    const struct value *value = &g->values[v];
    int storage = graph_storage(g, v);
    if (!value->data && g->values[storage].recipe)
        follow_recipe(g, storage);
    const void *data = value->data ? value->data : g->values[storage].data;
    if (!data && graph_is_weight(g, v) && tensor_elements(&value->t) == 0)
        return nothing;
    return data;
}

int node_src(const struct node *n, int k)
{
    return k < n->n_src ? n->src[k] : NONE;
}

int node_other_src(const struct node *n, int v)
{
    return n->src[0] == v ? n->src[1] : n->src[0];
}

const struct tensor *node_src_tensor(const struct graph *g, const struct node *n, int k)
{
    int v = node_src(n, k);
    return v == NONE ? NULL : &g->values[v].t;
}

int node_set_dst(struct graph *g, const struct node *n, int k, const struct tensor *t,
                 struct error *err)
{
    if (!shape_is_sane(t->dims, t->rank, 0))
        return node_fail(g, n, err, "its result would have %s elements; 2^40 is too many",
                         dims_text(t).s);
    if (k >= n->n_dst || n->dst[k] == NONE)
        return 0;
    g->values[n->dst[k]].t = *t;
    g->values[n->dst[k]].t.layout = LAYOUT_row;
    return 0;
}

int normal_axis(const struct graph *g, const struct node *n, const char *what, int64_t *axis,
                int limit, struct error *err)
{
    int64_t given = *axis;
    if (given < 0)
        *axis += limit;
    if (*axis < 0 || *axis >= limit)
        return node_fail(g, n, err, "%s %lld is not one of %d dimensions", what, (long long)given,
                         limit);
    return 0;
}

int node_normal_axis(struct graph *g, struct node *n, int64_t fallback, int limit,
                     struct error *err)
{
    int64_t axis = node_int(n, ATTR_axis, fallback);
    if (normal_axis(g, n, "axis", &axis, limit, err))
        return -1;
    node_set_int(g, n, ATTR_axis, axis);
    return 0;
}

// Contents of source k, a constant of rank 0 or 1 with at most `room` elements; NULL otherwise.
static const void *small_constant(const struct graph *g, const struct node *n, int k,
                                  const char *what, int room, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t) {
        node_fail(g, n, err, "its %s is missing", what);
        return NULL;
    }
    const void *data = value_data(g, n->src[k]);
    if (!data) {
        node_unsupported(g, n, err, "its %s '%s' is known only at run time, which is not supported",
                         what, value_name(g, n->src[k]).s);
        return NULL;
    }
    if (t->rank > 1 || tensor_elements(t) > room || !number_type(t->type)) {
        node_fail(g, n, err, "its %s '%s' is %s of %s; at most %d numbers can be handled", what,
                  value_name(g, n->src[k]).s, type_name(t->type), dims_text(t).s, room);
        return NULL;
    }
    return data;
}

int node_src_list(const struct graph *g, const struct node *n, int k, const char *what, int room,
                  int64_t *out, int *count, struct error *err)
{
    const void *data = small_constant(g, n, k, what, room, err);
    if (!data)
        return -1;
    const struct tensor *t = node_src_tensor(g, n, k);
    if (t->type != TYPE_s64 && t->type != TYPE_s32)
        return node_fail(g, n, err, "its %s '%s' is %s instead of integers", what,
                         value_name(g, n->src[k]).s, type_name(t->type));
    *count = (int)tensor_elements(t);
    for (int i = 0; i < *count; i++)
        out[i] = (int64_t)number_read(t->type, data, i);
    return 0;
}

int node_src_ints(const struct graph *g, const struct node *n, int k, const char *what,
                  int64_t out[MAX_RANK], int *count, struct error *err)
{
    return node_src_list(g, n, k, what, MAX_RANK, out, count, err);
}

int node_src_int(const struct graph *g, const struct node *n, int k, const char *what, int64_t *out,
                 struct error *err)
{
    int count;
    int64_t one[1];
    if (node_src_list(g, n, k, what, 1, one, &count, err))
        return -1;
    if (count != 1)
        return node_fail(g, n, err, "its %s '%s' is empty", what, value_name(g, n->src[k]).s);
    *out = one[0];
    return 0;
}

int node_src_floats(const struct graph *g, const struct node *n, int k, const char *what, int room,
                    float *out, int *count, struct error *err)
{
    const void *data = small_constant(g, n, k, what, room, err);
    if (!data)
        return -1;
    const struct tensor *t = node_src_tensor(g, n, k);
    *count = (int)tensor_elements(t);
    for (int i = 0; i < *count; i++)
        out[i] = (float)number_read(t->type, data, i);
    return 0;
}

int node_check_count(const struct graph *g, const struct node *n, const char *what, int count,
                     int wanted, struct error *err)
{
    if (count != wanted)
        return node_fail(g, n, err, "%s has %d numbers instead of %d", what, count, wanted);
    return 0;
}

int node_axes(const struct graph *g, const struct node *n, int k, int rank, int64_t axes[MAX_RANK],
              int *count, struct error *err)
{
    bool named[MAX_RANK] = {false};
    const int64_t *given = node_ints(n, ATTR_axes, count);
    if (*count > MAX_RANK)
        return node_fail(g, n, err, "axes names %d dimensions", *count);
    if (given)
        memcpy(axes, given, (size_t)*count * sizeof *axes);
    else if (node_src(n, k) != NONE && node_src_ints(g, n, k, "axes", axes, count, err))
        return -1;
    for (int i = 0; i < *count; i++) {
        if (normal_axis(g, n, "axis", &axes[i], rank, err))
            return -1;
        if (named[axes[i]])
            return node_fail(g, n, err, "axis %lld is named twice", (long long)axes[i]);
        named[axes[i]] = true;
    }
    return 0;
}

void node_set_flag(struct graph *g, struct node *n, enum attr_key key)
{
    node_set_int(g, n, key, node_int(n, key, 0) != 0);
}

void node_omit_src(struct node *n, int k)
{
    if (k < n->n_src)
        n->src[k] = NONE;
    while (n->n_src > 0 && n->src[n->n_src - 1] == NONE)
        n->n_src--;
}

bool node_dst_used(const struct graph *g, const struct node *n, int k)
{
    return k < n->n_dst && n->dst[k] != NONE && g->values[n->dst[k]].n_uses > 0;
}

bool node_is_view(const struct graph *g, int i)
{
    return op_info(g->nodes[i].op)->layout == OP_LAYOUT_view;
}

bool value_is_output(const struct graph *g, int v)
{
    for (int k = 0; k < g->n_outputs; k++)
        if (g->outputs[k] == v)
            return true;
    return false;
}

static bool node_uses(const struct node *n, int v)
{
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] == v)
            return true;
    return false;
}

// First node that has v as a source, NONE if none has.
static int value_user(const struct graph *g, int v)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (node_uses(&g->nodes[i], v))
            return i;
    return NONE;
}

void node_hand_layers(struct graph *g, int i)
{
    const struct node *n = &g->nodes[i];
    int to = value_user(g, n->dst[0]);
    if (to == NONE)
        to = g->values[graph_storage(g, n->src[0])].producer;
    if (to != NONE)
        node_add_layers(g, &g->nodes[to], n->n_layers, n->layers);
}
