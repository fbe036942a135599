#include "cli/subject.h"

#include <math.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/session.h"

static const double visit_s = 0.05;   // shortest visit
static const double load_share = 0.5; // loading may take so much of the time of visits
enum { VISITS_PER_LOAD = 2 };         // at least

// Kernels are made once, so that the time of loading is that of any later load.
static int make_kernels(const struct graph *g, struct kernel_set *kernels, struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (!kernel_set_get(kernels, g, &g->nodes[i], err))
            return -1;
    return 0;
}

static int load(struct subject *s, const struct engine *engine, struct kernel_set *kernels,
                struct loaded_graph *loaded, struct error *err)
{
    double start_s = session_now_s();
    if (loaded_graph_init(loaded, engine, kernels, s->graph, err))
        return -1;
    s->load_s = session_now_s() - start_s;
    s->n_loads++;
    s->n_since = 0;
    s->visited_s = 0;
    return 0;
}

int subject_init(struct subject *s, const struct engine *engine, struct kernel_set *kernels,
                 const struct suite *suite, const struct model *m, struct error *err)
{
    *s = (struct subject){.model = m, .graph = suite_model_graph(suite, m)};
    if (make_kernels(s->graph, kernels, err) || load(s, engine, kernels, &s->loaded, err)) {
        subject_release(s);
        return -1;
    }
    return 0;
}

void subject_release(struct subject *s)
{
    loaded_graph_release(&s->loaded);
    if (s->graph)
        graph_release(s->graph);
    free(s->graph);
    visits_release(&s->visits);
    *s = (struct subject){0};
}

void subject_visit(struct subject *s)
{
    double start_s = session_now_s();
    visit_model(&s->loaded, &clock_monotonic, visit_s, &s->visits);
    s->n_since++;
    s->visited_s += session_now_s() - start_s;
}

// The old memory is given back last: the kernel would hand out the same pages again.
void subject_refresh(struct subject *s)
{
    struct error err = {0};
    struct loaded_graph fresh;
    if (s->n_since < VISITS_PER_LOAD || s->load_s > load_share * s->visited_s)
        return;
    if (load(s, s->loaded.program.engine, s->loaded.kernels, &fresh, &err)) {
        note("%s keeps the memory that it has: %s", s->model->name, err.text);
        s->load_s = INFINITY;
        return;
    }
    loaded_graph_release(&s->loaded);
    s->loaded = fresh;
}
