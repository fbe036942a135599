#include "predict/kind.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bricks/work.h"

static const struct node *main_step(const struct graph *g)
{
    const struct node *most = &g->nodes[0];
    for (int i = 1; i < g->n_nodes; i++) {
        struct work a = work_node(g, most), b = work_node(g, &g->nodes[i]);
        if (b.flops + b.bytes > a.flops + a.bytes)
            most = &g->nodes[i];
    }
    return most;
}

// Convolutions with other windows and groups run through other code.
static const char *window(const struct graph *g, const struct node *n)
{
    if (n->op != OP_Conv || n->n_src < 2)
        return "";
    const struct tensor *weights = &g->values[n->src[1]].t; // [oc, ic / group, kernel...]
    bool point = true;
    for (int i = 2; i < weights->rank; i++)
        point = point && weights->dims[i] == 1;
    if (node_int(n, ATTR_group, 1) > 1)
        return weights->dims[1] == 1 ? " depthwise" : " grouped";
    return point ? " 1x1" : " window";
}

// True if the dimensions that begin at text[at] are those of weights: "w:f32:64x3x7x7".
static bool is_weight(const char *text, size_t at)
{
    size_t i = at - 1; // the ':' before the dimensions
    while (i > 0 && (isalnum((unsigned char)text[i - 1])))
        i--;
    return i >= 2 && text[i - 1] == ':' && text[i - 2] == 'w';
}

// The canonical text with N for each leading dimension that is the batch size.
static char *family_of(const char *text, int64_t batch)
{
    struct str out = STR_INIT;
    for (size_t i = 0; text[i];) {
        size_t digits = i > 0 && text[i - 1] == ':' ? strspn(text + i, "0123456789") : 0;
        bool is_batch = digits && !is_weight(text, i) && strtoll(text + i, NULL, 10) == batch;
        if (is_batch)
            str_add(&out, "N");
        else
            str_add_n(&out, text + i, digits ? digits : 1);
        i += digits ? digits : 1;
    }
    return str_detach(&out);
}

void kind_init(struct kind *k, const struct brick *brick)
{
    const struct graph *g = brick->graph;
    const struct node *n = main_step(g);
    struct work work = work_graph(g);
    const struct tensor *first = g->n_inputs ? &g->values[g->inputs[0]].t : NULL;
    int64_t batch = first && first->rank ? first->dims[0] : 1;
    *k = (struct kind){.flops = work.flops,
                       .bytes = work.bytes,
                       .parameters = (double)work_parameters(g),
                       .batch = (double)batch,
                       .family = family_of(brick->text, batch)};
    snprintf(k->name, sizeof k->name, "%.32s%s", op_info(n->op)->name, window(g, n));
}

void kind_release(struct kind *k)
{
    free(k->family);
    *k = (struct kind){0};
}

static double bandwidth(const struct probe *probe, double bytes)
{
    return probe->n_levels ? fmax(probe_bandwidth(probe, bytes), probe->gbps_memory)
                           : probe->gbps_memory;
}

double kind_roofline_ns(const struct kind *k, double footprint, const struct probe *probe)
{
    // Calling a kernel and joining the threads; what a step costs that does next to nothing.
    static const double usual_dispatch_ns = 1000;
    double dispatch = probe->dispatch_ns > 0 ? probe->dispatch_ns : usual_dispatch_ns;
    double weights = fmin(sizeof(float) * k->parameters, k->bytes);
    double move_ns = weights / bandwidth(probe, footprint) +
                     (k->bytes - weights) / bandwidth(probe, fmin(k->bytes, footprint));
    return dispatch + fmax(k->flops / probe_peak(probe), move_ns);
}
