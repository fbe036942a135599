// What `inspect` says of several models: what they share, and how two of them differ.
#ifndef CLI_SHARING_TABLES_H
#define CLI_SHARING_TABLES_H

#include "bricks/suite.h"
#include "cli/table.h"

struct sharing_tables {
    struct table models, families, bricks;
};

// A row per model and one for all, and a row per pair of families that share bricks, where there
// are several models; a family is that of the zoo, else the name up to its first digit. A row per
// brick, those first on which all models spend most, where the options ask for it. Times are this
// machine's records as far as the cache has any; a note says which.
void sharing_tables_init(struct sharing_tables *t, const struct suite *s, const struct options *o);
void sharing_tables_release(struct sharing_tables *t);

// How the first n_first models differ from the others: sums, and the bricks, those with most work
// first. Release both tables.
void difference_tables(struct table *sums, struct table *bricks, const struct suite *s, int n_first,
                       const struct options *o);

#endif
