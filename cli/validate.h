// The parts of `dlbricks validate`: one setting is validated in this process, several by one
// process each, as an engine has one team of threads; the report is the same for both.
#ifndef CLI_VALIDATE_H
#define CLI_VALIDATE_H

#include "cli/findings.h"

// Each adds to the findings and returns an exit status; failures were reported.
int validate_here(const struct options *o, struct findings *f);
int validate_each(const struct options *o, struct findings *f);

// Tables or JSON on standard output, and the plot that --svg asks for.
int validate_report(const struct findings *f, const struct options *o, struct error *err);

// Writes predicted over measured as SVG.
int validate_plot(const struct findings *f, const char *title, const char *path, struct error *err);

// What --max-error tests: the mean |error| of the models that are not small, of all if there are
// none but small ones; 0 without any.
double validate_error(const struct findings *f);

#endif
