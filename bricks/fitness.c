#include "bricks/fitness.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "base/str.h"

// ---- what a calibration saw ----------------------------------------------------------------

struct values {
    int n, capacity;
    double *x;
};

static void add(struct values *v, double x)
{
    grow(&v->x, &v->capacity, v->n + 1, sizeof *v->x);
    v->x[v->n++] = x;
}

static void collect(const struct series *s, struct values *handoffs, struct values *cycles)
{
    for (int i = 0; i < s->n; i++) {
        add(handoffs, s->conditions[i].handoff_ns);
        add(cycles, s->conditions[i].cycle_ns);
    }
}

// From the 5 % to the 95 % quantile over the median, or from one quantile to the other: what one
// stray value does not decide.
static double relative_range(struct values *v, double margin)
{
    sort_doubles(v->x, v->n);
    double middle = v->n ? quantile_sorted(v->x, v->n, 0.5) : 0;
    if (middle <= 0)
        return 0;
    return (quantile_sorted(v->x, v->n, 1 - margin) - quantile_sorted(v->x, v->n, margin)) / middle;
}

static void judge_blocks(struct fitness_facts *f, int n_blocks,
                         const struct calibration_block *blocks, int calibration)
{
    struct values medians = {0};
    for (int i = 0; i < n_blocks; i++) {
        double block = series_median(&blocks[i].series[calibration], f->band);
        if (block > 0)
            add(&medians, block);
    }
    f->drift[calibration] = relative_range(&medians, 0.05);
    f->calibration_ns[calibration] = medians.n ? quantile_sorted(medians.x, medians.n, 0.5) : 0;
    free(medians.x);
}

static void judge_handoffs(struct fitness_facts *f, const struct values *sorted)
{
    struct values inside = {0}, outside = {0};
    for (int i = 0; i < sorted->n; i++)
        add(band_holds(f->band, sorted->x[i]) ? &inside : &outside, sorted->x[i]);
    f->handoff_ns = inside.n ? quantile_sorted(inside.x, inside.n, 0.5) : 0;
    f->other_handoff_ns = outside.n ? quantile_sorted(outside.x, outside.n, 0.5) : 0;
    f->switched = sorted->n ? (double)outside.n / sorted->n : 0;
    free(inside.x);
    free(outside.x);
}

void fitness_measured(struct fitness_facts *f, int n_blocks, const struct calibration_block *blocks)
{
    struct values handoffs = {0}, cycles = {0};
    for (int i = 0; i < n_blocks; i++)
        for (int c = 0; c < N_CALIBRATIONS; c++)
            collect(&blocks[i].series[c], &handoffs, &cycles);
    f->band = band_prevailing(handoffs.n, handoffs.x); // sorts them
    judge_handoffs(f, &handoffs);
    for (int c = 0; c < N_CALIBRATIONS; c++)
        judge_blocks(f, n_blocks, blocks, c);
    f->cycle_spread = relative_range(&cycles, 0.1);
    f->cycle_ns = cycles.n ? quantile_sorted(cycles.x, cycles.n, 0.5) : 0;
    free(handoffs.x);
    free(cycles.x);
}

// ---- judgement -----------------------------------------------------------------------------

// Shares that lengthen times by about themselves: what is lost beside the aim of 2 % on average,
// and beyond its worst case.
static const double fine_share = 0.01, bad_share = 0.05;
// A prediction's own error on a machine that stands still.
static const double own_error = 0.01;

static enum grade grade_share(double share)
{
    return share > bad_share ? GRADE_bad : share > fine_share ? GRADE_watch : GRADE_fine;
}

static void say(struct finding *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct finding *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->state, sizeof p->state, format, args);
    va_end(args);
}

static enum grade say_share(struct finding *p, double share)
{
    say(p, "%.1f %%", share * 100);
    return grade_share(share);
}

static const char not_shown[] = "not shown";

static enum grade judge_governor(const struct fitness_facts *f, struct finding *p)
{
    say(p, "%s", f->governor[0] ? f->governor : not_shown);
    return f->governor[0] && strcmp(f->governor, "performance") != 0 ? GRADE_watch : GRADE_fine;
}

static const char *on_or_off(int state)
{
    return state == NOT_SHOWN ? not_shown : state ? "on" : "off";
}

// A clock that may go up does no harm while it stays there.
static enum grade judge_turbo(const struct fitness_facts *f, struct finding *p)
{
    say(p, "%s", on_or_off(f->turbo));
    return f->turbo == 1 && f->cycle_spread > fine_share ? GRADE_watch : GRADE_fine;
}

// Siblings that idle do no harm; which of them others use is not known, only that they run.
static enum grade judge_smt(const struct fitness_facts *f, struct finding *p)
{
    bool own = f->threads > f->cores;
    bool shared = f->smt == 1 && f->others > fine_share * f->cpus;
    if (own)
        say(p, "%d threads on %d cores", f->threads, f->cores);
    else
        say(p, "%s%s", on_or_off(f->smt), shared ? ", others may run beside the team" : "");
    return own || shared ? GRADE_watch : GRADE_fine;
}

static enum grade judge_steal(const struct fitness_facts *f, struct finding *p)
{
    return say_share(p, f->steal);
}

// Share of the team's time that others must have had, as there were no other CPUs for them.
static double lost_to_others(const struct fitness_facts *f)
{
    double idle = f->cpus > f->threads ? f->cpus - f->threads : 0;
    return fmax(f->others - idle, 0) / f->threads;
}

static enum grade judge_load(const struct fitness_facts *f, struct finding *p)
{
    say(p, "others use %.2f of %d CPUs", f->others, f->cpus);
    enum grade grade = grade_share(lost_to_others(f));
    return grade == GRADE_fine && f->others > fine_share * f->cpus ? GRADE_watch : grade;
}

static enum grade judge_quota(const struct fitness_facts *f, struct finding *p)
{
    if (f->quota > 0)
        say(p, "%.2f CPUs for %d threads", f->quota, f->threads);
    else
        say(p, "none");
    return f->quota > 0 && f->quota < f->threads * (1 + fine_share) ? GRADE_watch : GRADE_fine;
}

static enum grade judge_throttling(const struct fitness_facts *f, struct finding *p)
{
    return say_share(p, f->throttled);
}

static enum grade judge_huge_pages(const struct fitness_facts *f, struct finding *p)
{
    say(p, "%s", f->huge_pages ? "on request" : "off");
    return f->huge_pages ? GRADE_fine : GRADE_watch;
}

static enum grade judge_compute_drift(const struct fitness_facts *f, struct finding *p)
{
    return say_share(p, f->drift[CALIBRATION_compute]);
}

static enum grade judge_memory_drift(const struct fitness_facts *f, struct finding *p)
{
    return say_share(p, f->drift[CALIBRATION_memory]);
}

// Times of unlike hand-offs are kept apart, so that a change costs time and not truth, as long as
// one of them prevails.
static enum grade judge_handoff(const struct fitness_facts *f, struct finding *p)
{
    if (f->handoff_ns <= 0)
        say(p, "one thread");
    else if (f->switched <= fine_share)
        say(p, "%.0f ns", f->handoff_ns);
    else
        say(p, "%.0f ns, but %.0f ns in %.0f %%", f->handoff_ns, f->other_handoff_ns,
            f->switched * 100);
    return f->switched > 0.5 ? GRADE_bad : f->switched > fine_share ? GRADE_watch : GRADE_fine;
}

static enum grade judge_cycle(const struct fitness_facts *f, struct finding *p)
{
    say(p, "%.3f ns +-%.1f %%", f->cycle_ns, f->cycle_spread * 50);
    return grade_share(f->cycle_spread);
}

static const struct {
    const char *name;
    enum grade (*judge)(const struct fitness_facts *f, struct finding *p);
    const char *advice;
} points[N_FITNESS_POINTS] = {
    [FITNESS_governor] = {"governor", judge_governor,
                          "set it to performance: cpupower frequency-set -g performance"},
    [FITNESS_turbo] = {"turbo", judge_turbo,
                       "turn it off, as the clock moves with load and heat: echo 1 > "
                       "/sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > "
                       "/sys/devices/system/cpu/cpufreq/boost"},
    [FITNESS_smt] = {"smt", judge_smt,
                     "give --threads no more than cores, and keep the siblings idle: echo off > "
                     "/sys/devices/system/cpu/smt/control"},
    [FITNESS_steal] = {"steal", judge_steal,
                       "the hypervisor gives CPUs to other guests: use dedicated ones, or measure "
                       "at another hour"},
    [FITNESS_load] = {"load", judge_load, "stop the other programs, or give fewer --threads"},
    [FITNESS_quota] = {"quota", judge_quota,
                       "give fewer --threads, or raise the control group's limit (docker --cpus)"},
    [FITNESS_throttling] = {"throttling", judge_throttling,
                            "the control group was stopped at its limit: give fewer --threads or "
                            "raise it"},
    [FITNESS_huge_pages] = {"huge_pages", judge_huge_pages,
                            "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"},
    [FITNESS_compute_drift] = {"compute_drift", judge_compute_drift,
                               "the CPU's speed moves: look at load, steal, turbo and cooling"},
    [FITNESS_memory_drift] = {"memory_drift", judge_memory_drift,
                              "somebody shares caches or memory: other programs, or other guests "
                              "of the host"},
    [FITNESS_handoff] = {"handoff", judge_handoff,
                         "cores come and go under one cache: pin the virtual CPUs on the host, or "
                         "measure with --threads 1"},
    [FITNESS_cycle] = {"cycle", judge_cycle, "the clock moves: look at governor and turbo"},
};

// What was lost while measuring adds to what moved.
static double expected_error(const struct fitness_facts *f)
{
    double squares = own_error * own_error;
    for (int c = 0; c < N_CALIBRATIONS; c++)
        squares += f->drift[c] * f->drift[c];
    return sqrt(squares) + f->steal + f->throttled + lost_to_others(f);
}

struct fitness fitness_judge(const struct fitness_facts *f)
{
    struct fitness result = {.expected_error = expected_error(f)};
    // an error as the prediction's own is fine, and so is one share beside it
    result.grade = grade_share(result.expected_error - own_error);
    for (int i = 0; i < N_FITNESS_POINTS; i++) {
        struct finding *p = &result.findings[i];
        p->name = points[i].name;
        p->grade = points[i].judge(f, p);
        p->advice = p->grade == GRADE_fine ? NULL : points[i].advice;
        result.grade = p->grade > result.grade ? p->grade : result.grade;
    }
    return result;
}

const char *grade_name(enum grade g)
{
    static const char *const names[] = {"fine", "watch", "bad"};
    return names[g];
}

const char *fitness_verdict(const struct fitness *f)
{
    static const char *const names[] = {"fit", "fair", "unfit"};
    return names[f->grade];
}

// Bad points first; those that do not fit are left out.
void fitness_line(const struct fitness *f, char out[FITNESS_LINE])
{
    enum { TAIL = 24 }; // ": expect +-123.4 %"
    struct str line = STR_INIT;
    str_add(&line, fitness_verdict(f));
    const char *before = ": ";
    for (int grade = GRADE_bad; grade > GRADE_fine; grade--) {
        for (int i = 0; i < N_FITNESS_POINTS; i++) {
            const struct finding *p = &f->findings[i];
            size_t need = strlen(before) + strlen(p->name) + 1 + strlen(p->state);
            if ((int)p->grade != grade || line.len + need >= FITNESS_LINE - TAIL)
                continue;
            str_addf(&line, "%s%s %s", before, p->name, p->state);
            before = ", ";
        }
    }
    snprintf(out, FITNESS_LINE, "%s: expect +-%.1f %%", line.text,
             fmin(f->expected_error, 9.999) * 100);
    str_release(&line);
}
