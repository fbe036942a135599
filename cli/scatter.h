// A scatter plot as SVG: predicted over measured, both axes logarithmic and of the same range, with
// the diagonal, a band around it, and the points' intervals.
#ifndef CLI_SCATTER_H
#define CLI_SCATTER_H

#include "base/str.h"

struct scatter_point {
    double x, y;      // more than 0
    double low, high; // interval of y
    int series;
    const char *label; // shown where there is room, the points far from the diagonal first; always
                       // as the point's tool tip
};

struct scatter {
    const char *title, *x_title, *y_title;
    double band; // relative: 0.05 is from 1 / 1.05 to 1.05 of the diagonal
    int n_series;
    const char *const *series; // names, for the legend; it is left out for one series
    int n;
    const struct scatter_point *points;
};

// Adds the whole document.
void scatter_svg(const struct scatter *s, struct str *out);

// Where the plot is, in the document's units: the left and lower ends of the axes and their length.
enum { SCATTER_LEFT = 70, SCATTER_BOTTOM = 660, SCATTER_LENGTH = 600 };

#endif
