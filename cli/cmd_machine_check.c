// dlbricks machine check: whether one can measure on this machine now.
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outlier_table.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "runner/checkup.h"

enum { N_BLOCKS = 10 };
static const double block_s = 1;

static const struct column finding_columns[] = {
    {"point", "point", COLUMN_text, 0, 0},
    {"state", "state", COLUMN_text, 0, 0},
    {"grade", "grade", COLUMN_text, 0, 0},
    {"advice", "what to do", COLUMN_text, 0, 0},
};

static const struct column verdict_columns[] = {
    {"verdict", "this machine is", COLUMN_text, 0, 0},
    {"expected_error", "expect errors of up to %", COLUMN_real, 100, 1},
    {"compute_p50_ns", "compute brick ms", COLUMN_real, 1e-6, 3},
    {"memory_p50_ns", "memory brick ms", COLUMN_real, 1e-6, 3},
    {"threads", "threads", COLUMN_count, 0, 0},
    {"seconds", "seconds", COLUMN_real, 1, 0},
};

static void add_findings(struct table *t, const struct fitness *fitness)
{
    for (int i = 0; i < N_FITNESS_POINTS; i++) {
        const struct finding *p = &fitness->findings[i];
        table_text(t, p->name);
        table_text(t, p->state);
        table_text(t, grade_name(p->grade));
        table_text(t, p->advice);
    }
}

static void add_verdict(struct table *t, const struct fitness *fitness,
                        const struct fitness_facts *facts, double seconds)
{
    table_text(t, fitness_verdict(fitness));
    table_real(t, fitness->expected_error);
    for (int c = 0; c < N_CALIBRATIONS; c++)
        table_real(t, facts->calibration_ns[c]);
    table_count(t, facts->threads);
    table_real(t, seconds);
}

// Samples of all blocks together, as what differs between blocks is no outlier within one.
static struct outliers find_outliers(const struct checkup *c, struct band band)
{
    struct outliers o = {0};
    for (int b = 0; b < c->n_blocks; b++)
        for (int i = 0; i < N_CALIBRATIONS; i++)
            outliers_add(&o, &c->blocks[b].series[i], band);
    return o;
}

static void print_check(const struct checkup *c, const struct fitness_facts *facts,
                        const struct fitness *fitness, const struct options *o)
{
    struct table verdict, findings, outliers;
    struct outliers found = find_outliers(c, facts->band);
    table_init(&verdict, COLUMNS(verdict_columns));
    table_init(&findings, COLUMNS(finding_columns));
    outlier_table_init(&outliers, &found);
    add_verdict(&verdict, fitness, facts, block_s * c->n_blocks);
    add_findings(&findings, fitness);
    const struct section sections[] = {
        {"verdict", NULL, &verdict},
        {"points", "Points", &findings},
        {"outliers", "Calibration samples far beyond their median, by suspected cause", &outliers},
    };
    sections_print(sections, 3, o, stdout);
    table_release(&verdict);
    table_release(&findings);
    table_release(&outliers);
}

static void calibrate(struct checkup *c)
{
    struct progress progress;
    progress_start(&progress, stderr, session_now_s());
    for (int b = 0; b < N_BLOCKS && !interrupted; b++) {
        checkup_block(c, block_s);
        progress_show(&progress, b + 1, N_BLOCKS, "calibration", session_now_s());
    }
    progress_clear(&progress);
}

static int status_of(const struct fitness *fitness, const struct options *o)
{
    if (interrupted)
        return STATUS_incomplete;
    if (fitness->expected_error > o->max_error / 100)
        return STATUS_exceeded;
    return fitness->grade == GRADE_bad ? STATUS_failed : STATUS_done;
}

static int check(const struct engine *engine, const struct options *o, struct error *err)
{
    struct kernel_set *kernels = kernel_set_new(engine);
    struct checkup checkup;
    int status = STATUS_failed;
    if (checkup_start(&checkup, engine, kernels, &clock_monotonic, err) == 0) {
        calibrate(&checkup);
        struct fitness_facts facts = checkup_facts(&checkup);
        struct fitness fitness = fitness_judge(&facts);
        print_check(&checkup, &facts, &fitness, o);
        status = status_of(&fitness, o);
    }
    checkup_release(&checkup);
    kernel_set_free(kernels);
    return status;
}

int cmd_machine_check(const struct options *o)
{
    struct engine engine;
    struct error err = {0};
    if (session_open(&engine, o, &err))
        return report(&err);
    interrupt_install();
    int status = check(&engine, o, &err);
    if (err.text[0])
        report(&err);
    engine_release(&engine);
    return status;
}
