// What `inspect` says of several models: what they share, and how two of them differ.
#ifndef CLI_SHARING_TABLES_H
#define CLI_SHARING_TABLES_H

#include "bricks/suite.h"
#include "cli/table.h"

// A row per model and one for all, from this machine's records in the cache as far as there are
// any (a note says which), and a row per pair of families that share bricks. A family is that of
// the zoo, else the name up to its first digit. sharing_tables_init makes them empty; release both.
void sharing_tables_init(struct table *models, struct table *families);
void sharing_tables(struct table *models, struct table *families, const struct suite *s,
                    const struct options *o);

// How the first n_first models differ from the others: sums, and the bricks, those with most work
// first. Release both tables.
void difference_tables(struct table *sums, struct table *bricks, const struct suite *s, int n_first,
                       const struct options *o);

#endif
