// The stages in their order.
#include "decompose/decompose.h"

#include <stdlib.h>
#include <string.h>

#include "decompose/passes.h"

static void check_source(const struct graph *g, int i, int v)
{
    const struct value *value = &g->values[graph_storage(g, v)];
    bool earlier = value->producer != NONE && value->producer < i;
    if (value->kind == VALUE_node ? !earlier : value->producer != NONE)
        BUG("step %d (%s) comes before its source %d", i, op_info(g->nodes[i].op)->name, v);
    if (g->values[v].t.rank < 0 || tensor_bytes(&g->values[v].t) != tensor_bytes(&value->t))
        BUG("source %d of step %d has no tensor", v, i);
}

// What every graph of steps is: sorted, in single assignment, without views as nodes.
static void check_steps(const struct graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        enum op_layout layout = op_info(n->op)->layout;
        if (n->op != OP_Reorder && (layout == OP_LAYOUT_view || layout == OP_LAYOUT_gone))
            BUG("step %d is %s", i, op_info(n->op)->name);
        for (int k = 0; k < n->n_src; k++)
            if (n->src[k] != NONE)
                check_source(g, i, n->src[k]);
        for (int k = 0; k < n->n_dst; k++)
            if (n->dst[k] != NONE && g->values[n->dst[k]].producer != i)
                BUG("value %d is the result of two steps", n->dst[k]);
    }
}

// Contents that no stage has asked for are not computed.
static int to_steps(struct graph *g, const struct decompose_options *options, struct error *err)
{
    if (infer_shapes_only(g, err) || simplify(g, err))
        return -1;
    if (!options->no_fusion && fuse(g, err))
        return -1;
    tie_weights(g);
    if (assign_layouts(g, err))
        return -1;
    check_steps(g);
    g->opset = 0;
    return 0;
}

int graph_to_steps(struct graph *g, const struct decompose_options *options, struct error *err)
{
    if (to_steps(g, options, err))
        return -1;
    follow_recipes(g);
    return 0;
}

// "models/resnet50.onnx" gives "resnet50".
static char *model_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *ending = ".onnx";
    char *name = xstrdup(slash ? slash + 1 : path);
    size_t n = strlen(name), cut = strlen(ending);
    if (n > cut && strcmp(name + n - cut, ending) == 0)
        name[n - cut] = '\0';
    return name;
}

// Dimensions from number `first` on are the model's.
static void record_dims(struct suite *s, const struct notes *notes, int first)
{
    struct model *m = &s->models[s->n_models - 1];
    m->n_dims = notes->n_dims - first;
    m->dims = arena_alloc(&s->arena, (size_t)m->n_dims * sizeof *m->dims);
    for (int i = 0; i < m->n_dims; i++) {
        m->dims[i].name = arena_strdup(&s->arena, notes->dims[first + i].name);
        m->dims[i].value = notes->dims[first + i].value;
    }
}

static int decompose_noted(struct suite *s, const char *path,
                           const struct decompose_options *options, struct notes *notes,
                           struct error *err)
{
    int first = notes->n_dims, status = -1;
    struct graph *g = onnx_read(path, options, notes, err);
    if (!g)
        return -1;
    char *name = model_name(path);
    if (to_steps(g, options, err) || split(s, g, name, path, err))
        error_prefix(err, path);
    else
        status = 0;
    if (status == 0)
        record_dims(s, notes, first);
    free(name);
    graph_release(g);
    free(g);
    return status;
}

int decompose_file(struct suite *s, const char *path, const struct decompose_options *options,
                   struct notes *notes, struct error *err)
{
    struct notes unseen = {0};
    int status = decompose_noted(s, path, options, notes ? notes : &unseen, err);
    notes_release(&unseen);
    return status;
}
