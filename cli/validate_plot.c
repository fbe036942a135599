// The plot of a validation.
#include <stdlib.h>

#include "base/file.h"
#include "cli/scatter.h"
#include "cli/validate.h"

static struct scatter_point point_of(const struct verdict *v)
{
    return (struct scatter_point){
        .x = v->measured_p50_ns * 1e-6,
        .y = v->predicted_p50_ns * 1e-6,
        .low = v->predicted_low_ns * 1e-6,
        .high = v->predicted_high_ns * 1e-6,
        .series = v->setting,
        .label = v->model,
    };
}

// names and points: room for the settings and the verdicts.
static struct scatter make_plot(const struct findings *f, const char *title, const char **names,
                                struct scatter_point *points)
{
    for (int i = 0; i < f->n; i++)
        points[i] = point_of(&f->verdicts[i]);
    return (struct scatter){
        .title = title,
        .x_title = "measured ms; blue: within 5 %",
        .y_title = "predicted ms",
        .band = 0.05,
        .n_series = f->n_settings,
        .series = names,
        .n = f->n,
        .points = points,
    };
}

int validate_plot(const struct findings *f, const char *title, const char *path, struct error *err)
{
    char(*labels)[LABEL_SIZE] = xcalloc((size_t)f->n_settings, sizeof *labels);
    const char **names = xcalloc((size_t)f->n_settings, sizeof *names);
    struct scatter_point *points = xcalloc((size_t)f->n + 1, sizeof *points);
    for (int i = 0; i < f->n_settings; i++)
        names[i] = setting_label(&f->settings[i], labels[i]);
    struct scatter plot = make_plot(f, title, names, points);
    struct str svg = STR_INIT;
    scatter_svg(&plot, &svg);
    int status = file_write(path, svg.text, svg.len, err);
    str_release(&svg);
    free(labels);
    free(names);
    free(points);
    return status;
}
