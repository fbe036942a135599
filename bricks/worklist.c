#include "bricks/worklist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *brick_state_name(enum brick_state state)
{
    static const char *const names[N_BRICK_STATES] = {
#define STATE(name) #name,
        BRICK_STATES(STATE)
#undef STATE
    };
    return names[state];
}

// ---- order ---------------------------------------------------------------------------------

struct ranked {
    struct task task;
    double seconds; // per share
    const char *signature;
};

static int most_valuable_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = (x->seconds > y->seconds) - (x->seconds < y->seconds);
    if (order == 0)
        order = strcmp(x->signature, y->signature);
    return order
               ? order
               : (x->task.footprint > y->task.footprint) - (x->task.footprint < y->task.footprint);
}

// Of all tasks at the footprint; they are few enough to be looked through.
static double share_at(const struct task *tasks, int n, double footprint)
{
    double share = 0;
    for (int i = 0; i < n; i++)
        share += tasks[i].footprint == footprint ? tasks[i].share : 0;
    return share;
}

void tasks_order(struct task *tasks, int n, const struct suite *s)
{
    struct ranked *ranked = xcalloc((size_t)n + 1, sizeof *ranked);
    for (int i = 0; i < n; i++) {
        const struct task *t = &tasks[i];
        double together_s = cost_surrogate_s(t->footprint) / share_at(tasks, n, t->footprint);
        ranked[i] =
            (struct ranked){*t, t->cost_s / t->share + together_s, s->bricks[t->brick]->signature};
    }
    qsort(ranked, (size_t)n, sizeof *ranked, most_valuable_first);
    for (int i = 0; i < n; i++)
        tasks[i] = ranked[i].task;
    free(ranked);
}

int tasks_batch(struct task *tasks, int n, const struct suite *s, const struct probe *probe,
                double limit_s, double *expected_s)
{
    struct task *left = xcalloc((size_t)n + 1, sizeof *left);
    struct bill bill;
    int n_taken = 0, n_left = 0;
    bill_init(&bill, probe);
    for (int i = 0; i < n; i++) {
        struct bill with = bill;
        bill_add(&with, s->bricks[tasks[i].brick], 1, &tasks[i].footprint);
        if (n_taken && bill_total_s(&with) > limit_s) {
            left[n_left++] = tasks[i];
        } else {
            bill = with;
            tasks[n_taken++] = tasks[i];
        }
    }
    memcpy(tasks + n_taken, left, (size_t)n_left * sizeof *left);
    free(left);
    *expected_s = bill_total_s(&bill);
    return n_taken;
}

// True if one of the tasks is a brick of the model at its point; marks its bricks.
static bool is_touched(const struct task *tasks, int n, const struct model *model, double point,
                       bool *marked)
{
    for (int i = 0; i < model->n_instances; i++)
        marked[model->instances[i].brick] = true;
    for (int t = 0; t < n; t++)
        if (tasks[t].footprint == point && marked[tasks[t].brick])
            return true;
    return false;
}

int tasks_add_companions(struct task *tasks, int n_chosen, int n, const struct suite *s,
                         const double *points)
{
    int n_taken = n_chosen;
    for (int m = 0; m < s->n_models; m++) {
        bool *marked = xcalloc((size_t)s->n_bricks + 1, sizeof *marked);
        bool touched = is_touched(tasks, n_chosen, &s->models[m], points[m], marked);
        for (int i = n_taken; touched && i < n; i++) {
            if (tasks[i].footprint != points[m] || !marked[tasks[i].brick])
                continue;
            struct task companion = tasks[i];
            tasks[i] = tasks[n_taken];
            tasks[n_taken++] = companion;
        }
        free(marked);
    }
    return n_taken;
}

struct demand *tasks_demands(const struct task *tasks, int n, const struct suite *s)
{
    struct demand *demands = xcalloc((size_t)s->n_bricks, sizeof *demands);
    for (int i = 0; i < n; i++)
        demand_add(&demands[tasks[i].brick], tasks[i].footprint, tasks[i].uses);
    return demands;
}

// ---- shards --------------------------------------------------------------------------------

struct portion {
    int brick;
    double cost_s;
    const char *signature;
};

static int costliest_first(const void *a, const void *b)
{
    const struct portion *x = a, *y = b;
    int order = (x->cost_s < y->cost_s) - (x->cost_s > y->cost_s);
    return order ? order : strcmp(x->signature, y->signature);
}

// One portion per brick that some model wants; returns their number.
static int make_portions(const struct suite *s, struct portion *portions)
{
    struct demand *demands = demands_of_suite(s, INFINITY, NULL);
    int n = 0;
    for (int i = 0; i < s->n_bricks; i++) {
        const struct brick *brick = s->bricks[i];
        const struct demand *d = &demands[i];
        if (d->n)
            portions[n++] = (struct portion){
                i, cost_share_s(brick, d->n, d->footprint, &probe_nominal), brick->signature};
    }
    demands_free(demands, s->n_bricks);
    return n;
}

static int least_loaded(const double *load_s, int n)
{
    int least = 0;
    for (int i = 1; i < n; i++)
        if (load_s[i] < load_s[least])
            least = i;
    return least;
}

void shards_assign(const struct suite *s, int n_shards, int *shard)
{
    struct portion *portions = xcalloc((size_t)s->n_bricks + 1, sizeof *portions);
    double *load_s = xcalloc((size_t)n_shards, sizeof *load_s);
    int n = make_portions(s, portions);
    for (int i = 0; i < s->n_bricks; i++)
        shard[i] = NONE;
    qsort(portions, (size_t)n, sizeof *portions, costliest_first);
    for (int i = 0; i < n; i++) {
        int k = least_loaded(load_s, n_shards);
        shard[portions[i].brick] = k;
        load_s[k] += portions[i].cost_s;
    }
    free(portions);
    free(load_s);
}

// ---- pace ----------------------------------------------------------------------------------

static const double usual_batch_s = 30;
static const double least_batch_s = 2; // shorter ones would mostly bind surrogates
static const double share_of_budget = 0.2;

void pace_init(struct pace *p, double budget_s, double now_s)
{
    *p = (struct pace){.start_s = now_s, .budget_s = budget_s};
}

void pace_note(struct pace *p, double expected_s, double took_s)
{
    p->expected_s += expected_s;
    p->took_s += took_s;
}

double pace_ratio(const struct pace *p)
{
    return p->expected_s > 0 ? fmin(fmax(p->took_s / p->expected_s, 0.1), 10) : 1;
}

static double left_s(const struct pace *p, double now_s)
{
    return p->start_s + p->budget_s - now_s;
}

bool pace_is_over(const struct pace *p, double now_s)
{
    return left_s(p, now_s) <= 0;
}

double pace_limit_s(const struct pace *p, double now_s)
{
    double batch_s = fmax(fmin(usual_batch_s, share_of_budget * p->budget_s), least_batch_s);
    return fmin(batch_s, fmax(left_s(p, now_s), 0)) / pace_ratio(p);
}
