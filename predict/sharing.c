#include "predict/sharing.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/cost.h"

// ---- sharing -------------------------------------------------------------------------------

// Footprints at which a brick was met.
struct points {
    int n, capacity;
    double *point;
};

struct survey {
    const struct timings *t;
    const struct probe *probe;
    int *n_models;         // per brick: models that have it
    int *last;             // per brick: last model that was seen to have it
    double *time_ns;       // per brick, of the model at hand
    struct points *points; // per brick: in the models before
    struct bill bill;      // of what the model at hand adds
};

static void count_models(struct survey *v)
{
    const struct suite *s = v->t->suite;
    for (int b = 0; b < s->n_bricks; b++)
        v->last[b] = NONE;
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++) {
            int brick = s->models[m].instances[i].brick;
            v->n_models[brick] += v->last[brick] != m;
            v->last[brick] = m;
        }
    for (int b = 0; b < s->n_bricks; b++)
        v->last[b] = NONE;
}

// True if the brick was not met at this footprint before, which it is now.
static bool is_new_point(struct points *p, double point)
{
    for (int i = 0; i < p->n; i++)
        if (p->point[i] == point)
            return false;
    grow(&p->point, &p->capacity, p->n + 1, sizeof *p->point);
    p->point[p->n++] = point;
    return true;
}

// What the model's first instance of a brick says.
static void meet(struct survey *v, struct model_sharing *to, int brick, double footprint)
{
    const struct brick *b = v->t->suite->bricks[brick];
    double point = footprint_point(footprint, v->t->far);
    struct brick_time time = brick_time(v->t, brick, footprint);
    v->time_ns[brick] = time.known ? time.time_ns : -cost_run_ns(b, footprint, v->probe);
    brick_time_release(&time);
    to->unique++;
    to->added += v->points[brick].n == 0;
    if (is_new_point(&v->points[brick], point))
        bill_add(&v->bill, b, 1, &point);
}

static void survey_model(struct survey *v, int m, struct sharing *sharing)
{
    const struct suite *s = v->t->suite;
    const struct model *model = &s->models[m];
    struct model_sharing *to = &sharing->models[m];
    double footprint = model_footprint(s, model);
    bill_init(&v->bill, v->probe);
    *to = (struct model_sharing){.layers = model->n_layers, .bricks = model->n_instances};
    for (int i = 0; i < model->n_instances; i++) {
        int brick = model->instances[i].brick;
        if (v->last[brick] != m)
            meet(v, to, brick, footprint);
        v->last[brick] = m;
        double time_ns = fabs(v->time_ns[brick]);
        to->steps += s->bricks[brick]->graph->n_nodes;
        to->time_ns += time_ns;
        to->shared_ns += v->n_models[brick] > 1 ? time_ns : 0;
        double estimated_ns = v->time_ns[brick] < 0 ? time_ns : 0; // how meet marks it
        to->estimated_ns += estimated_ns;
        sharing->brick_ns[brick] += time_ns;
        sharing->brick_estimated_ns[brick] += estimated_ns;
    }
    to->added_s = bill_topped_up_s(&v->bill);
}

static void add_to_total(struct model_sharing *total, const struct model_sharing *m)
{
    total->layers += m->layers;
    total->steps += m->steps;
    total->bricks += m->bricks;
    total->unique += m->added;
    total->time_ns += m->time_ns;
    total->shared_ns += m->shared_ns;
    total->estimated_ns += m->estimated_ns;
    total->added += m->added;
    total->added_s += m->added_s;
}

void sharing_init(struct sharing *s, const struct timings *t, const struct probe *probe)
{
    size_t n = (size_t)t->suite->n_bricks;
    struct survey v = {
        .t = t,
        .probe = probe,
        .n_models = xcalloc(n, sizeof *v.n_models),
        .last = xcalloc(n, sizeof *v.last),
        .time_ns = xcalloc(n, sizeof *v.time_ns),
        .points = xcalloc(n, sizeof *v.points),
    };
    *s = (struct sharing){.n = t->suite->n_models};
    s->models = xcalloc((size_t)s->n, sizeof *s->models);
    s->brick_ns = xcalloc(n, sizeof *s->brick_ns);
    s->brick_estimated_ns = xcalloc(n, sizeof *s->brick_estimated_ns);
    count_models(&v);
    for (int m = 0; m < s->n; m++) {
        survey_model(&v, m, s);
        add_to_total(&s->total, &s->models[m]);
    }
    for (size_t b = 0; b < n; b++)
        free(v.points[b].point);
    free(v.n_models);
    free(v.last);
    free(v.time_ns);
    free(v.points);
}

void sharing_release(struct sharing *s)
{
    free(s->models);
    free(s->brick_ns);
    free(s->brick_estimated_ns);
    *s = (struct sharing){0};
}

struct brick_cost {
    int brick;
    double time_ns;
};

static int costliest_first(const void *a, const void *b)
{
    const struct brick_cost *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? 1 : -1;
    return x->brick - y->brick;
}

int *sharing_costliest(const struct sharing *s, int n_bricks)
{
    size_t n = (size_t)n_bricks;
    int *order = xcalloc(n, sizeof *order);
    struct brick_cost *costs = xcalloc(n, sizeof *costs);
    for (size_t b = 0; b < n; b++)
        costs[b] = (struct brick_cost){(int)b, s->brick_ns[b]};
    if (n)
        qsort(costs, n, sizeof *costs, costliest_first);
    for (size_t i = 0; i < n; i++)
        order[i] = costs[i].brick;
    free(costs);
    return order;
}

// ---- similarity ----------------------------------------------------------------------------

// has[group * n_bricks + brick]; the caller frees it.
static bool *sets_of_groups(const struct suite *s, int n_groups, const int *group)
{
    size_t n_bricks = (size_t)s->n_bricks;
    bool *has = xcalloc((size_t)n_groups * n_bricks, sizeof *has);
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++)
            has[(size_t)group[m] * n_bricks + (size_t)s->models[m].instances[i].brick] = true;
    return has;
}

static struct similarity compare(const bool *has, int n_bricks, int a, int b)
{
    const bool *in_a = has + (size_t)a * (size_t)n_bricks;
    const bool *in_b = has + (size_t)b * (size_t)n_bricks;
    struct similarity result = {.a = a, .b = b};
    for (int i = 0; i < n_bricks; i++) {
        result.n_common += in_a[i] && in_b[i];
        result.n_either += in_a[i] || in_b[i];
    }
    result.jaccard = result.n_either ? (double)result.n_common / result.n_either : 0;
    return result;
}

static int most_similar_first(const void *a, const void *b)
{
    const struct similarity *x = a, *y = b;
    if (x->jaccard != y->jaccard)
        return x->jaccard < y->jaccard ? 1 : -1;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

struct similarity *similarities(const struct suite *s, int n_groups, const int *group, int *n)
{
    bool *has = sets_of_groups(s, n_groups, group);
    struct similarity *all = NULL;
    int capacity = 0;
    *n = 0;
    for (int a = 0; a < n_groups; a++)
        for (int b = a + 1; b < n_groups; b++) {
            struct similarity pair = compare(has, s->n_bricks, a, b);
            if (!pair.n_common)
                continue;
            grow(&all, &capacity, *n + 1, sizeof *all);
            all[(*n)++] = pair;
        }
    if (*n)
        qsort(all, (size_t)*n, sizeof *all, most_similar_first);
    free(has);
    return all;
}

// ---- comparing two groups ------------------------------------------------------------------

static int most_work_first(const void *a, const void *b)
{
    const struct brick_uses *x = a, *y = b;
    double nx = x->uses[0] + x->uses[1], ny = y->uses[0] + y->uses[1];
    if (x->work.flops * nx != y->work.flops * ny)
        return x->work.flops * nx < y->work.flops * ny ? 1 : -1;
    if (x->work.bytes * nx != y->work.bytes * ny)
        return x->work.bytes * nx < y->work.bytes * ny ? 1 : -1;
    return x->brick - y->brick;
}

struct brick_uses *compare_groups(const struct suite *s, int n_first, int *n)
{
    struct brick_uses *all = xcalloc((size_t)s->n_bricks, sizeof *all);
    for (int b = 0; b < s->n_bricks; b++)
        all[b] = (struct brick_uses){.brick = b, .work = work_graph(s->bricks[b]->graph)};
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++)
            all[s->models[m].instances[i].brick].uses[m >= n_first]++;
    *n = 0;
    for (int b = 0; b < s->n_bricks; b++)
        if (all[b].uses[0] || all[b].uses[1])
            all[(*n)++] = all[b];
    qsort(all, (size_t)*n, sizeof *all, most_work_first);
    return all;
}
