// dlbricks validate: measures whole models and shows how far the prediction from their bricks is
// off.
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/validate.h"

// A failure is the graver news; a threshold means nothing for models that were not measured.
int cmd_validate(const struct options *o)
{
    struct findings f = {0};
    struct error err = {0};
    interrupt_install();
    int status = options_have_several(o) ? validate_each(o, &f) : validate_here(o, &f);
    if (f.n_settings && validate_report(&f, o, &err))
        status = report(&err);
    if (status == STATUS_done && validate_error(&f) > o->max_error / 100)
        status = STATUS_exceeded;
    findings_release(&f);
    return status;
}
