#include "cli/scatter.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { WIDTH = 700, HEIGHT = 720, FONT = 10 };
static const double letter_width = 6.3, margin = 1.3, least_range = 10;

static const char *const colours[] = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933",
};
enum { N_COLOURS = sizeof colours / sizeof *colours };

// What a label must not cover.
struct box {
    double left, top, right, bottom;
};

struct plot {
    const struct scatter *s;
    struct str *out;
    double low, high; // of both axes
    int n_boxes;
    struct box *boxes; // points, and labels so far
};

static void add_text(struct str *out, const char *text)
{
    static const char special[] = "&<>\"";
    static const char *const escaped[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    char shown[256];
    for (const char *c = printable(shown, sizeof shown, text); *c; c++) {
        const char *found = strchr(special, *c);
        if (found)
            str_add(out, escaped[found - special]);
        else
            str_add_n(out, c, 1);
    }
}

// ---- axes ----------------------------------------------------------------------------------

static void widen(struct plot *p, double value)
{
    p->low = fmin(p->low, value);
    p->high = fmax(p->high, value);
}

// At least one power of ten, so that there are always marks.
static void find_range(struct plot *p)
{
    p->low = INFINITY;
    p->high = 0;
    for (int i = 0; i < p->s->n; i++) {
        widen(p, p->s->points[i].x);
        widen(p, p->s->points[i].y);
    }
    if (p->s->n == 0)
        p->low = p->high = 1;
    double missing = sqrt(least_range / (p->high / p->low));
    double factor = fmax(margin, missing);
    p->low /= factor;
    p->high *= factor;
}

// Length along an axis.
static double along(const struct plot *p, double value)
{
    double inside = fmin(fmax(value, p->low), p->high);
    return SCATTER_LENGTH * log(inside / p->low) / log(p->high / p->low);
}

static double at_x(const struct plot *p, double value)
{
    return SCATTER_LEFT + along(p, value);
}

static double at_y(const struct plot *p, double value)
{
    return SCATTER_BOTTOM - along(p, value);
}

static void add_mark(const struct plot *p, double value)
{
    double x = at_x(p, value), y = at_y(p, value);
    str_addf(p->out, "<path class=\"grid\" d=\"M%.1f %dV%dM%d %.1fH%d\"/>\n", x, SCATTER_BOTTOM,
             SCATTER_BOTTOM - SCATTER_LENGTH, SCATTER_LEFT, y, SCATTER_LEFT + SCATTER_LENGTH);
    str_addf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", x,
             SCATTER_BOTTOM + 16, value);
    str_addf(p->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", SCATTER_LEFT - 6,
             y + 3, value);
}

// Marks at 1, 2 and 5 times the powers of ten.
static void add_marks(const struct plot *p)
{
    static const double steps[] = {1, 2, 5};
    for (double e = floor(log10(p->low)); e <= ceil(log10(p->high)); e++)
        for (int i = 0; i < 3; i++) {
            double value = steps[i] * pow(10, e);
            if (value >= p->low && value <= p->high)
                add_mark(p, value);
        }
}

static void add_titles(const struct plot *p)
{
    enum { MIDDLE_X = SCATTER_LEFT + SCATTER_LENGTH / 2 };
    enum { MIDDLE_Y = SCATTER_BOTTOM - SCATTER_LENGTH / 2 };
    str_addf(p->out, "<text class=\"title\" x=\"%d\" y=\"30\" text-anchor=\"middle\">", MIDDLE_X);
    add_text(p->out, p->s->title);
    str_addf(p->out, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", MIDDLE_X,
             SCATTER_BOTTOM + 40);
    add_text(p->out, p->s->x_title);
    str_addf(p->out,
             "</text>\n<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">",
             MIDDLE_Y);
    add_text(p->out, p->s->y_title);
    str_add(p->out, "</text>\n");
}

// Between y = (1 + band) x and y = x / (1 + band), cut off at the ends of the axes.
static void add_band(const struct plot *p)
{
    double wide = 1 + p->s->band, low = p->low, high = p->high;
    str_addf(p->out,
             "<polygon class=\"band\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f "
             "%.1f,%.1f\"/>\n",
             at_x(p, low), at_y(p, low), at_x(p, low), at_y(p, low * wide), at_x(p, high / wide),
             at_y(p, high), at_x(p, high), at_y(p, high), at_x(p, high), at_y(p, high / wide),
             at_x(p, low * wide), at_y(p, low));
    str_addf(p->out, "<path class=\"diagonal\" d=\"M%d %dL%d %d\"/>\n", SCATTER_LEFT,
             SCATTER_BOTTOM, SCATTER_LEFT + SCATTER_LENGTH, SCATTER_BOTTOM - SCATTER_LENGTH);
}

// ---- points --------------------------------------------------------------------------------

static const char *colour_of(int series)
{
    return colours[series % N_COLOURS];
}

static void add_point(struct plot *p, const struct scatter_point *point)
{
    enum { R = 3 };
    double x = at_x(p, point->x), y = at_y(p, point->y);
    const char *colour = colour_of(point->series);
    p->boxes[p->n_boxes++] = (struct box){x - R, y - R, x + R, y + R};
    str_addf(p->out, "<path class=\"range\" stroke=\"%s\" d=\"M%.1f %.1fV%.1f\"/>\n", colour, x,
             at_y(p, point->low), at_y(p, point->high));
    str_addf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\"><title>", x, y, R,
             colour);
    add_text(p->out, point->label);
    str_addf(p->out, ": %+.1f %%</title></circle>\n", 100 * (point->y / point->x - 1));
}

static bool overlaps(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool is_free(const struct plot *p, const struct box *box)
{
    if (box->left < SCATTER_LEFT || box->right > SCATTER_LEFT + SCATTER_LENGTH)
        return false;
    for (int i = 0; i < p->n_boxes; i++)
        if (overlaps(box, &p->boxes[i]))
            return false;
    return true;
}

// To the right of the point or to its left.
static void add_label(struct plot *p, const struct scatter_point *point)
{
    double width = letter_width * (double)strlen(point->label);
    double x = at_x(p, point->x), y = at_y(p, point->y);
    for (int side = 0; side < 2; side++) {
        double left = side ? x - 6 - width : x + 6;
        struct box box = {left, y - FONT / 2.0, left + width, y + FONT / 2.0};
        if (!is_free(p, &box))
            continue;
        p->boxes[p->n_boxes++] = box;
        str_addf(p->out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
                 side ? x - 6 : x + 6, y + 3, side ? "end" : "start");
        add_text(p->out, point->label);
        str_add(p->out, "</text>\n");
        return;
    }
}

static double distance(const struct scatter_point *point)
{
    return fabs(log(point->y / point->x));
}

static int farthest_first(const void *a, const void *b)
{
    const struct scatter_point *const *x = a, *const *y = b;
    return (distance(*x) < distance(*y)) - (distance(*x) > distance(*y));
}

static void add_points(struct plot *p)
{
    size_t n = (size_t)p->s->n;
    const struct scatter_point **order = xcalloc(n + 1, sizeof *order);
    p->boxes = xcalloc(2 * n + 1, sizeof *p->boxes);
    for (size_t i = 0; i < n; i++) {
        order[i] = &p->s->points[i];
        add_point(p, order[i]);
    }
    qsort(order, n, sizeof *order, farthest_first);
    for (size_t i = 0; i < n; i++)
        add_label(p, order[i]);
    free(p->boxes);
    free(order);
}

static void add_legend(const struct plot *p)
{
    for (int i = 0; p->s->n_series > 1 && i < p->s->n_series; i++) {
        int y = SCATTER_BOTTOM - SCATTER_LENGTH + 16 + 16 * i;
        str_addf(p->out, "<rect x=\"%d\" y=\"%d\" width=\"8\" height=\"8\" fill=\"%s\"/>\n",
                 SCATTER_LEFT + 10, y - 8, colour_of(i));
        str_addf(p->out, "<text x=\"%d\" y=\"%d\">", SCATTER_LEFT + 24, y);
        add_text(p->out, p->s->series[i]);
        str_add(p->out, "</text>\n");
    }
}

static void add_head(const struct plot *p)
{
    str_addf(p->out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
             "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"%d\">\n",
             WIDTH, HEIGHT, WIDTH, HEIGHT, FONT);
    str_add(p->out, "<style>.grid{stroke:#ddd;fill:none}.band{fill:#dfe9f5}"
                    ".diagonal{stroke:#888}.range{stroke-opacity:.5}.title{font-size:14px}"
                    ".label{fill:#333}</style>\n");
    str_addf(p->out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
}

void scatter_svg(const struct scatter *s, struct str *out)
{
    struct plot p = {.s = s, .out = out};
    find_range(&p);
    add_head(&p);
    add_band(&p);
    add_marks(&p);
    add_titles(&p);
    add_points(&p);
    add_legend(&p);
    str_add(out, "</svg>\n");
}
