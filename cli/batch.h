// Models of one batch size: what --batch N asks for.
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include "bricks/suite.h"
#include "cli/options.h"

// input_load with the first --batch as --dim batch=N for all models that have such a dimension:
// *bound are the options with it, their dims to be freed. Models that it does not reach are reported
// and left out. Release the suite in either case.
int batch_load(const struct options *o, struct options *bound, struct suite *s);

// Leading dimension of a model's first input; 1 if it has none.
int64_t batch_of_model(const struct model *model);

#endif
