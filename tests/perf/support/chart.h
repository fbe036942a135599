// A figure of line charts, one below the other, as SVG: x is linear and shared, y begins at 0.
#ifndef PERF_CHART_H
#define PERF_CHART_H

#include <stdbool.h>

#include "base/str.h"

struct chart_line {
    const char *name;
    bool markers_only; // no line between the points
    int n;
    const double *x, *y; // a y that is not finite is left out
};

struct chart {
    const char *y_title;
    int n_lines;
    const struct chart_line *lines;
};

// Adds the whole document.
void charts_svg(const char *title, const char *x_title, int n, const struct chart *charts,
                struct str *out);

#endif
