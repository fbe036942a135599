#include "bricks/canon.h"

#include <stdlib.h>

#include "bricks/step.h"

static void print_list(const struct attr *a, bool is_floats, struct str *out)
{
    for (int i = 0; i < a->n; i++) {
        str_add(out, i ? "," : "");
        if (is_floats)
            str_add_float(out, a->u.floats[i]);
        else
            str_addf(out, "%lld", (long long)a->u.ints[i]);
    }
}

static void print_attr(const struct attr *a, struct str *out)
{
    const struct attr_info *info = attr_info(a->key);
    str_addf(out, " %s=", info->name);
    if (info->kind == ATTR_KIND_int)
        str_addf(out, "%lld", (long long)a->u.i);
    else if (info->kind == ATTR_KIND_float)
        str_add_float(out, a->u.f);
    else
        print_list(a, info->kind == ATTR_KIND_floats, out);
}

static void print_attrs(const struct node *n, struct str *out)
{
    for (int key = 0; key < N_ATTRS; key++)
        for (int i = 0; attr_info((enum attr_key)key)->timed && i < n->n_attrs; i++)
            if ((int)n->attrs[i].key == key)
                print_attr(&n->attrs[i], out);
}

static const char *post_name(const struct post *p)
{
    return p->accumulate ? "Sum" : op_info(p->op)->name;
}

void step_print(const struct graph *g, const struct node *n, source_printer *print_source,
                void *context, struct str *out)
{
    str_add(out, op_info(n->op)->name);
    int own = step_own_sources(n);
    for (int k = 0; k < own; k++) {
        str_add(out, " ");
        print_source(context, g, n->src[k], out);
    }
    print_attrs(n, out);
    if (n->inplace)
        str_add(out, " inplace");
    for (int i = 0; i < n->n_posts; i++) {
        str_addf(out, " +%s", post_name(&n->posts[i]));
        if (n->posts[i].src == NONE)
            continue;
        str_add(out, "=");
        print_source(context, g, n->src[n->posts[i].src], out);
    }
    str_add(out, " >");
    for (int k = 0; k < n->n_dst; k++) {
        str_add(out, " ");
        if (n->dst[k] == NONE)
            str_add(out, "-");
        else
            tensor_print(&g->values[n->dst[k]].t, out);
    }
}

int step_own_sources(const struct node *n)
{
    int own = n->n_src;
    for (int i = 0; i < n->n_posts; i++)
        own -= n->posts[i].src != NONE;
    return own;
}

// What canon_print has numbered so far.
struct numbering {
    int *input;  // per value: number of the input, or NONE
    int *weight; // per value: number of the weight, or NONE
    int n_weights;
};

static void print_step_result(const struct graph *g, int v, struct str *out)
{
    int step = g->values[v].producer, k = 0;
    while (g->nodes[step].dst[k] != v)
        k++;
    str_addf(out, k ? "s%d.%d" : "s%d", step, k);
}

static void print_reference(void *context, const struct graph *g, int v, struct str *out)
{
    struct numbering *numbers = context;
    if (v == NONE) {
        str_add(out, "-");
        return;
    }
    int storage = graph_storage(g, v);
    if (g->values[storage].kind == VALUE_node) {
        print_step_result(g, storage, out);
    } else if (g->values[storage].kind == VALUE_input) {
        str_addf(out, "i%d", numbers->input[storage]);
    } else if (numbers->weight[storage] != NONE) {
        str_addf(out, "w%d", numbers->weight[storage]);
    } else {
        numbers->weight[storage] = numbers->n_weights++;
        str_add(out, "w");
    }
    str_add(out, ":");
    tensor_print(&g->values[v].t, out);
}

void canon_print(const struct graph *g, struct str *out)
{
    size_t n = (size_t)g->n_values;
    struct numbering numbers = {
        .input = xcalloc(n, sizeof(int)),
        .weight = xcalloc(n, sizeof(int)),
    };
    for (int v = 0; v < g->n_values; v++)
        numbers.weight[v] = NONE;
    for (int k = 0; k < g->n_inputs; k++)
        numbers.input[g->inputs[k]] = k;
    str_addf(out, "dlb%d ", CANON_FORMAT);
    for (int i = 0; i < g->n_nodes; i++) {
        step_print(g, &g->nodes[i], print_reference, &numbers, out);
        str_add(out, " | ");
    }
    str_add(out, "out");
    for (int k = 0; k < g->n_outputs; k++) {
        str_add(out, " ");
        print_step_result(g, g->outputs[k], out);
    }
    free(numbers.input);
    free(numbers.weight);
}
