// The table of outliers by cause, as bench and machine check show it.
#ifndef CLI_OUTLIER_TABLE_H
#define CLI_OUTLIER_TABLE_H

#include "cli/table.h"
#include "predict/outliers.h"

// One row per cause, none without samples, after table_init with the table's own columns. Release
// with table_release.
void outlier_table_init(struct table *t, const struct outliers *o);

#endif
