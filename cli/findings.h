// What `dlbricks validate` finds: per setting the conditions, per model and setting what was
// measured, what was predicted and, with --gap, where the time goes. Findings of several settings
// come from one process each, which hands them over as the JSON that users see.
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdint.h>

#include "base/memory.h"
#include "cli/form.h"
#include "predict/accuracy.h"

// What the models were run with, and where the times of their bricks come from. The fields are
// those of the JSON.
struct setting {
    const char *kind;                          // "fresh" or "from cache"
    int64_t threads, batch, granularity;       // batch: as asked for; 1 by default
    const char *isa;                           // "avx512_core"
    double handoff_low_ns, handoff_high_ns;    // prevailing while the bricks were timed
    int64_t visits;                            // of all models
    double visits_share;                       // of them: with such a hand-off
    double clock_ghz, records_clock_ghz;       // of the cores: while the models and bricks ran
    const char *records_host;                  // where the bricks were timed; several by ", "
    double records_newest_s, records_oldest_s; // age of the records used; NAN: fresh
};

// One model in one setting.
struct verdict {
    const char *model, *kind;
    int64_t threads, batch, granularity; // batch: the leading dimension of the first input
    const char *isa;
    double measured_p50_ns, measured_low_ns, measured_high_ns, measured_p99_ns;
    double predicted_p50_ns, predicted_low_ns, predicted_high_ns;
    double error, noise;
    const char *in_range; // "yes" or "no": the measured median in the predicted interval
    double footprint_bytes;
    int64_t runs;                  // behind what was measured
    int64_t visits, visits_within; // of them: under the condition in which the bricks were timed
    int64_t placements;            // how often the model was loaded, each time into other memory
    double hot_error;              // of a prediction from hot loops; the last, as often left out
    int setting;                   // in findings; not a column
};

// The measured latency of one model in one setting by cause, as in predict/gap.h: the parts add up.
struct gap_row {
    const char *model, *kind;
    int64_t threads, batch, granularity;
    const char *isa;
    double measured_p50_ns;
    double computing_ns, dispatch_ns, cache_ns, copies_ns, delays_ns, unexplained_ns;
    double unexplained_share; // of the measured latency
};

struct findings {
    struct arena arena; // owns the texts
    int n_settings, settings_capacity;
    struct setting *settings;
    int n, capacity;
    struct verdict *verdicts;
    int n_gaps, gaps_capacity; // none without --gap
    struct gap_row *gaps;
};

extern const struct form setting_form, verdict_form, gap_form;

void findings_release(struct findings *f);
struct setting *findings_add_setting(struct findings *f);
// A verdict of the newest setting.
struct verdict *findings_add(struct findings *f);
struct gap_row *findings_add_gap(struct findings *f);

// Adds what another `validate --json` has printed.
int findings_read(struct findings *f, const char *json, size_t bytes, const char *where,
                  struct error *err);

// "2 threads, batch 1, G 1, avx2"; returns out.
enum { LABEL_SIZE = 128 };
const char *setting_label(const struct setting *s, char out[LABEL_SIZE]);

struct outcome verdict_outcome(const struct verdict *v);
// The same for what hot loops would have predicted.
struct outcome verdict_hot_outcome(const struct verdict *v);

#endif
