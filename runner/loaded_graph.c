// A graph with memory of its own.
#include "runner/program.h"

#include <stdlib.h>
#include <string.h>

#include "runner/data.h"
#include "runner/dnnl_compat.h"

// ---- weights -------------------------------------------------------------------------------
// A weight lies once per form in which a kernel wants it: steps that share a weight share its
// bytes if they want them in the same order.

struct form {
    int value;
    const struct node *node; // first that wants it, as its source `src`
    int src;
    const struct kernel *kernel;
    size_t offset;
};

struct forms {
    struct form *form;
    int n, capacity;
    size_t bytes;
};

static const struct form *find_form(const struct forms *forms, int value,
                                    const struct kernel_weight *w)
{
    for (int i = 0; i < forms->n; i++) {
        const struct form *f = &forms->form[i];
        if (f->value == value && kernel_weight_same(&f->kernel->weights[f->src], w))
            return f;
    }
    return NULL;
}

static void add_form(struct forms *forms, int value, const struct node *n, int src,
                     const struct kernel *k)
{
    if (find_form(forms, value, &k->weights[src]))
        return;
    grow(&forms->form, &forms->capacity, forms->n + 1, sizeof *forms->form);
    forms->form[forms->n++] = (struct form){value, n, src, k, forms->bytes};
    forms->bytes += plan_aligned(k->weights[src].bytes);
}

static int collect_forms(struct forms *forms, struct kernel_set *kernels, const struct graph *g,
                         struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        const struct kernel *k = kernel_set_get(kernels, g, n, err);
        if (!k)
            return -1;
        for (int s = 0; s < n->n_src; s++)
            if (k->weights[s].bytes > 0)
                add_form(forms, graph_storage(g, n->src[s]), n, s, k);
    }
    return 0;
}

static const struct kernel_weight *wanted(const struct form *f)
{
    return &f->kernel->weights[f->src];
}

// Contents that are not known look random in any order of the elements: they are made as they lie,
// as sequences of bricks have theirs. Padding wants zeros, and gates their own shares.
static bool made_in_place(const struct loaded_graph *l, const struct form *f)
{
    const struct value *v = &l->graph->values[f->value];
    return !v->data && !wanted(f)->rearranged && !kernel_weight_is_opaque(wanted(f)) &&
           wanted(f)->bytes == tensor_bytes(&v->t);
}

static int fill_form(struct loaded_graph *l, const struct form *f, char *room, struct error *err)
{
    const struct value *v = &l->graph->values[f->value];
    char *at = l->weights + f->offset, *made = made_in_place(l, f) ? at : room;
    if (!v->data)
        data_fill_operand(l->graph, f->node, f->src, made, tensor_bytes(&v->t), (uint64_t)f->value);
    if (made == at)
        return 0;
    return kernel_pack(l->program.engine, f->kernel, f->src, v->data ? v->data : room, at, err);
}

// Room for the largest weight that is made before it is packed.
static size_t room_bytes(const struct loaded_graph *l, const struct forms *forms)
{
    size_t largest = 0;
    for (int i = 0; i < forms->n; i++) {
        const struct value *v = &l->graph->values[forms->form[i].value];
        if (!v->data && !made_in_place(l, &forms->form[i]) && tensor_bytes(&v->t) > largest)
            largest = tensor_bytes(&v->t);
    }
    return largest;
}

static int fill_forms(struct loaded_graph *l, const struct forms *forms, char *room,
                      struct error *err)
{
    int status = 0;
    for (int i = 0; i < forms->n && status == 0; i++)
        status = fill_form(l, &forms->form[i], room, err);
    return status;
}

// The arena is room, too, as long as there are no activations; it is zero behind this as before,
// for the inputs that nobody fills.
static int fill_weights(struct loaded_graph *l, const struct forms *forms, struct error *err)
{
    size_t room_size = room_bytes(l, forms);
    bool apart = room_size > l->arena_bytes;
    l->weights_bytes = forms->bytes;
    l->weights = pages_alloc(l->weights_bytes, err);
    if (!l->weights)
        return -1;
    char *room = apart ? pages_alloc(room_size, err) : l->arena;
    int status = room ? fill_forms(l, forms, room, err) : -1;
    if (apart)
        pages_free(room, room_size);
    else
        memset(room, 0, room_size);
    return status;
}

// ---- activations ---------------------------------------------------------------------------

static int place_activations(struct loaded_graph *l, struct error *err)
{
    const struct graph *g = l->graph;
    plan_init(&l->plan, g);
    l->arena_bytes = l->plan.arena_bytes;
    l->arena = pages_alloc(l->arena_bytes, err);
    if (!l->arena)
        return -1;
    l->address = xcalloc((size_t)g->n_values, sizeof *l->address);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].view_of == NONE && l->plan.offset[v] != SIZE_MAX)
            l->address[v] = l->arena + l->plan.offset[v];
    return 0;
}

static void fill_inputs(const struct loaded_graph *l)
{
    const struct graph *g = l->graph;
    for (int k = 0; k < g->n_inputs; k++)
        data_fill_input(g, g->inputs[k], l->address[g->inputs[k]], (uint64_t)g->inputs[k]);
}

// ---- the whole -----------------------------------------------------------------------------

static int append_nodes(struct loaded_graph *l, const struct forms *forms, struct error *err)
{
    const struct graph *g = l->graph;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        const struct kernel *k = kernel_set_get(l->kernels, g, n, err);
        for (int s = 0; s < n->n_src; s++) {
            if (k->weights[s].bytes == 0)
                continue;
            int value = graph_storage(g, n->src[s]);
            l->address[value] = l->weights + find_form(forms, value, &k->weights[s])->offset;
        }
        if (program_append_node(&l->program, k, g, n, l->address, err) != 0)
            return -1;
    }
    return program_finish(&l->program, err);
}

int loaded_graph_init(struct loaded_graph *l, const struct engine *engine,
                      struct kernel_set *kernels, const struct graph *g, struct error *err)
{
    struct forms forms = {0};
    *l = (struct loaded_graph){.graph = g, .kernels = kernels};
    program_init(&l->program, engine);
    int status = collect_forms(&forms, kernels, g, err);
    if (status == 0)
        status = place_activations(l, err);
    if (status == 0)
        status = fill_weights(l, &forms, err);
    if (status == 0) {
        fill_inputs(l);
        status = append_nodes(l, &forms, err);
    }
    free(forms.form);
    if (status != 0)
        loaded_graph_release(l);
    return status;
}

void loaded_graph_release(struct loaded_graph *l)
{
    program_release(&l->program);
    plan_release(&l->plan);
    pages_free(l->arena, l->arena_bytes);
    pages_free(l->weights, l->weights_bytes);
    free(l->address);
    *l = (struct loaded_graph){0};
}
