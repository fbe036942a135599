#include "cli/outlier_table.h"

static const struct column outlier_columns[] = {
    {"cause", "cause", COLUMN_text, 0, 0},
    {"outliers", "outliers", COLUMN_count, 0, 0},
    {"share_of_samples", "% of samples", COLUMN_real, 100, 2},
    {"share_of_time", "% of the time", COLUMN_real, 100, 2},
};

void outlier_table_init(struct table *t, const struct outliers *o)
{
    table_init(t, COLUMNS(outlier_columns));
    for (int c = 0; o->n_samples && c < N_OUTLIER_CAUSES; c++) {
        table_text(t, outlier_cause_name((enum outlier_cause)c));
        table_count(t, o->n[c]);
        table_real(t, (double)o->n[c] / o->n_samples);
        table_real(t, o->beyond_ns[c] / o->samples_ns);
    }
}
