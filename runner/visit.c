#include "runner/visit.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"

enum { MIN_RUNS = 5, MAX_RUNS = 1000 };

void visits_release(struct visits *v)
{
    free(v->time_ns);
    free(v->first);
    *v = (struct visits){0};
}

static double timed_run(const struct loaded_graph *l, const struct clock *clock)
{
    uint64_t start = clock_now(clock);
    program_run(&l->program);
    return (double)(clock_now(clock) - start);
}

void visit_model(const struct loaded_graph *l, const struct clock *clock, double min_s,
                 struct visits *v)
{
    grow(&v->first, &v->visits_capacity, v->n_visits + 1, sizeof *v->first);
    v->first[v->n_visits++] = v->n;
    grow(&v->time_ns, &v->capacity, v->n + MAX_RUNS, sizeof *v->time_ns);
    timed_run(l, clock);
    double total_s = 0;
    for (int i = 0; i < MAX_RUNS && (i < MIN_RUNS || total_s < min_s); i++) {
        double time_ns = timed_run(l, clock);
        v->time_ns[v->n++] = time_ns;
        total_s += time_ns * 1e-9;
    }
}

double visits_noise(const struct visits *v)
{
    if (v->n_visits < 2)
        return 0;
    int middle = v->first[v->n_visits / 2];
    return fabs(median(v->time_ns + middle, v->n - middle) / median(v->time_ns, middle) - 1);
}

void visit_steps(const struct loaded_graph *l, const struct clock *clock, int n, double *time_ns)
{
    int n_steps = l->program.n_steps;
    double *times = xcalloc((size_t)n * (size_t)n_steps, sizeof *times);
    for (int run = -1; run < n; run++) { // the first run warms up
        for (int i = 0; i < n_steps; i++) {
            uint64_t start = clock_now(clock);
            program_run_steps(&l->program, i, i + 1);
            if (run >= 0)
                times[i * n + run] = (double)(clock_now(clock) - start);
        }
    }
    for (int i = 0; i < n_steps; i++)
        time_ns[i] = median(times + i * n, n);
    free(times);
}
