#include "bricks/cost.h"

#include <math.h>

#include "bricks/plan.h"
#include "bricks/policy.h"
#include "bricks/work.h"

// Two cores of some years ago: an order is all that is wanted of them.
const struct probe probe_nominal = {
    .gflops_fma = 100, .n_levels = 1, .levels = {{.bytes = 1 << 30, .gbps = 10}}};

static const double of_peak = 0.5;        // what convolutions and products usually reach
static const double dispatch_ns = 2000;   // where it was not measured
static const double usual_positions = 64; // of a surrogate model
static const double bind_s = 2e-3;        // of one surrogate, and its weights at fill_gbps
static const double fill_gbps = 10;
static const double compile_s = 4e-3; // of one brick
static const double looks_s = 0.4;    // looks at the machine's fitness
// Over 587 bricks of 25 models at one and two threads and 978 of 50, benching takes 1.0 to 1.3
// times what this makes of the rules' sum.
static const double topping_up = 1.6;

static const struct probe *limits(const struct probe *probe)
{
    return probe_peak(probe) > 0 && probe->n_levels ? probe : &probe_nominal;
}

// Of the smallest measured working set that holds the footprint.
static double bandwidth_at(const struct probe *probe, double footprint)
{
    int i = 0;
    while (i + 1 < probe->n_levels && (double)probe->levels[i].bytes < footprint)
        i++;
    return probe->levels[i].gbps;
}

double cost_run_ns(const struct brick *brick, double footprint, const struct probe *probe)
{
    const struct probe *p = limits(probe);
    struct work work = work_graph(brick->graph);
    double compute_ns = work.flops / (of_peak * probe_peak(p));
    double memory_ns = work.bytes / bandwidth_at(p, footprint);
    return fmax(compute_ns, memory_ns) + (p->dispatch_ns > 0 ? p->dispatch_ns : dispatch_ns);
}

void bill_init(struct bill *bill, const struct probe *probe)
{
    *bill = (struct bill){.probe = probe};
}

// The row of a footprint; the last one also serves what no row is left for.
static int find_row(struct bill *bill, double footprint)
{
    for (int i = 0; i < bill->n; i++)
        if (bill->rows[i].footprint == footprint)
            return i;
    if (bill->n == MAX_BILL_ROWS)
        return bill->n - 1;
    bill->rows[bill->n].footprint = footprint;
    return bill->n++;
}

// Of n runs at most, of which no other begins after so long.
static double seconds_of(int n, double run_s, double most_ns)
{
    return fmin(n * run_s, fmax(most_ns * 1e-9, run_s));
}

static double own_bytes(const struct brick *brick)
{
    struct plan plan;
    plan_init(&plan, brick->graph);
    double bytes = (double)plan_footprint(&plan);
    plan_release(&plan);
    return bytes;
}

void bill_add(struct bill *bill, const struct brick *brick, int n, const double *footprint)
{
    double bytes = own_bytes(brick), own_s = 0;
    for (int i = 0; i < n; i++) {
        int row = find_row(bill, footprint[i]);
        own_s = cost_run_ns(brick, footprint[i], bill->probe) * 1e-9;
        bill->rows[row].parts += fmax(bytes / footprint[i], 1 / usual_positions);
        bill->rows[row].own_s += own_s;
    }
    bill->seconds += compile_s + bind_s + bytes / fill_gbps * 1e-9;
    bill->seconds += seconds_of(N_HOT_WARM + N_HOT_TIMED, own_s, hot_ns);
}

// Seconds of the surrogates of one footprint.
static double row_s(double footprint, double n_surrogates, double pass_s)
{
    double fill_s = bind_s + footprint / fill_gbps * 1e-9;
    double timing_s = seconds_of(N_TIMED_PASSES, pass_s, timed_ns);
    return n_surrogates * (fill_s + warm_ns * 1e-9 + timing_s);
}

double cost_surrogate_s(double footprint)
{
    return row_s(footprint, 1, 0);
}

double bill_total_s(const struct bill *bill)
{
    double total_s = bill->seconds + (bill->n ? looks_s : 0);
    for (int i = 0; i < bill->n; i++) {
        double parts = bill->rows[i].parts;
        total_s += row_s(bill->rows[i].footprint, fmax(parts, 1), bill->rows[i].own_s / parts);
    }
    return total_s;
}

double bill_topped_up_s(const struct bill *bill)
{
    return topping_up * bill_total_s(bill);
}

double cost_direct_s(double run_ns, double bytes, int n_bricks, double visits)
{
    double run_s = run_ns * 1e-9;
    double warming_s = fmax(warm_ns * 1e-9, run_s); // a whole model's first run is no steady one
    double timing_s = seconds_of(N_TIMED_PASSES, run_s, timed_ns);
    double fill_s = bind_s + bytes / fill_gbps * 1e-9;
    return n_bricks * compile_s + visits * (fill_s + warming_s + timing_s);
}

double cost_share_s(const struct brick *brick, int n, const double *footprint,
                    const struct probe *probe)
{
    struct bill bill;
    bill_init(&bill, probe);
    bill_add(&bill, brick, n, footprint);
    double total_s = bill.seconds;
    for (int i = 0; i < bill.n; i++) {
        double parts = bill.rows[i].parts;
        total_s += row_s(bill.rows[i].footprint, parts, bill.rows[i].own_s / parts);
    }
    return total_s;
}
