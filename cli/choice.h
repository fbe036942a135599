// One value for each dimension that --dim names. A name that is given several times has several
// values, and a model is read once for each combination of those that it uses.
#ifndef CLI_CHOICE_H
#define CLI_CHOICE_H

#include "bricks/suite.h"
#include "cli/options.h"

struct choice {
    const struct options *o;
    int n;                    // names
    int n_optional;           // the last of them: not every model has to have them
    struct dim_binding *dims; // per name: the value chosen now
    int *number;              // per name: which of its values that is
    int *count;               // per name: values that it has
};

// The first combination.
void choice_init(struct choice *c, const struct options *o);
void choice_release(struct choice *c);

// The next combination of the names among `used` (the others keep their first value); false after
// the last.
bool choice_next(struct choice *c, int n_used, const char *const *used);

// Adds to the model's name what distinguishes this combination: "bert@batch=8,sequence=128".
void choice_name(const struct choice *c, struct suite *s, struct model *m, int n_used,
                 const char *const *used);

#endif
