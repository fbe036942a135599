#include "predict/gap.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/work.h"

static void add_brick(struct gap *gap, const struct gap_brick *b, double dispatch_ns)
{
    double hot_ns = b->hot_ns > 0 && !b->moves ? b->hot_ns : b->time_ns;
    double called_ns = fmin(b->n_steps * dispatch_ns, hot_ns);
    gap->dispatch_ns += called_ns;
    if (b->moves)
        gap->copies_ns += b->time_ns - called_ns;
    else
        gap->computing_ns += hot_ns - called_ns;
    gap->cache_ns += b->time_ns - hot_ns;
    gap->unexplained_ns -= b->time_ns;
}

struct gap gap_explain(double measured_ns, double dispatch_ns, double delays_ns, int n,
                       const struct gap_brick *bricks)
{
    struct gap gap = {
        .measured_ns = measured_ns,
        .delays_ns = delays_ns,
        .unexplained_ns = measured_ns - delays_ns,
    };
    for (int i = 0; i < n; i++)
        add_brick(&gap, &bricks[i], dispatch_ns);
    return gap;
}

struct gap gap_of(double measured_ns, const struct prediction *p, const struct suite *s,
                  double dispatch_ns)
{
    int n = p->model->n_instances;
    struct gap_brick *bricks = xcalloc((size_t)n + 1, sizeof *bricks);
    for (int i = 0; i < n; i++) {
        const struct graph *g = s->bricks[p->model->instances[i].brick]->graph;
        bricks[i] = (struct gap_brick){
            .n_steps = g->n_nodes,
            .moves = work_graph(g).flops <= 0,
            .time_ns = p->times[i].time_ns,
            .hot_ns = p->times[i].hot_ns,
        };
    }
    struct gap gap = gap_explain(measured_ns, dispatch_ns, p->delays_ns, n, bricks);
    free(bricks);
    return gap;
}
