#include "tests/perf/support/chart.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 760, HEIGHT = 320, LEFT = 60, RIGHT = 230, TOP = 40, BOTTOM = 50 };
enum { PLOT_WIDTH = WIDTH - LEFT - RIGHT, PLOT_HEIGHT = HEIGHT - TOP - BOTTOM };

static const char *const colours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b"};
enum { N_COLOURS = sizeof colours / sizeof *colours };

struct range {
    double x_low, x_high, y_high, y_step;
};

static void widen(struct range *r, const struct chart_line *line)
{
    for (int i = 0; i < line->n; i++) {
        r->x_low = fmin(r->x_low, line->x[i]);
        r->x_high = fmax(r->x_high, line->x[i]);
        if (isfinite(line->y[i]))
            r->y_high = fmax(r->y_high, line->y[i]);
    }
}

// 1, 2 or 5 times a power of ten, four to ten of which reach the top.
static double nice_step(double high)
{
    double step = pow(10, floor(log10(high)));
    if (high / step < 2)
        return step / 5;
    return high / step < 5 ? step / 2 : step;
}

static struct range find_range(const struct chart *c)
{
    struct range r = {.x_low = INFINITY, .x_high = -INFINITY};
    for (int i = 0; i < c->n_lines; i++)
        widen(&r, &c->lines[i]);
    if (!(r.x_high >= r.x_low))
        r.x_low = r.x_high = 0;
    if (r.x_high == r.x_low) {
        r.x_low -= 0.5;
        r.x_high += 0.5;
    }
    r.y_high = r.y_high > 0 ? r.y_high : 1;
    r.y_step = nice_step(r.y_high);
    r.y_high = ceil(r.y_high / r.y_step) * r.y_step;
    return r;
}

static double at_x(const struct range *r, double x)
{
    return LEFT + (x - r->x_low) / (r->x_high - r->x_low) * PLOT_WIDTH;
}

static double at_y(const struct range *r, double y)
{
    return TOP + (1 - y / r->y_high) * PLOT_HEIGHT;
}

// No name that is drawn holds characters that mean something in XML but '&', '<'.
static void add_text(struct str *out, double x, double y, const char *how, const char *text)
{
    str_addf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
    for (const char *c = text; *c; c++) {
        if (*c == '&')
            str_add(out, "&amp;");
        else if (*c == '<')
            str_add(out, "&lt;");
        else
            str_add_n(out, c, 1);
    }
    str_add(out, "</text>\n");
}

static void add_grid(struct str *out, const struct range *r, const struct chart *c,
                     const char *x_title)
{
    char number[32];
    for (double y = 0; y < r->y_high + r->y_step / 2; y += r->y_step) {
        str_addf(out, "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/>\n", LEFT, at_y(r, y), PLOT_WIDTH);
        snprintf(number, sizeof number, "%g", y);
        add_text(out, LEFT - 6, at_y(r, y) + 4, "text-anchor=\"end\"", number);
    }
    for (double x = ceil(r->x_low); x <= r->x_high; x++) {
        snprintf(number, sizeof number, "%g", x);
        add_text(out, at_x(r, x), TOP + PLOT_HEIGHT + 16, "text-anchor=\"middle\"", number);
    }
    add_text(out, LEFT, TOP - 10, "", c->y_title);
    add_text(out, LEFT + PLOT_WIDTH / 2.0, TOP + PLOT_HEIGHT + 34, "text-anchor=\"middle\"",
             x_title);
}

static void add_line(struct str *out, const struct range *r, const struct chart_line *line,
                     const char *colour)
{
    bool drawing = false;
    str_addf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", colour);
    for (int i = 0; i < line->n && !line->markers_only; i++) {
        if (isfinite(line->y[i]))
            str_addf(out, "%c%.1f %.1f", drawing ? 'L' : 'M', at_x(r, line->x[i]),
                     at_y(r, line->y[i]));
        drawing = isfinite(line->y[i]);
    }
    str_add(out, "\"/>\n");
    for (int i = 0; i < line->n; i++)
        if (isfinite(line->y[i]))
            str_addf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\" stroke=\"%s\"/>\n",
                     at_x(r, line->x[i]), at_y(r, line->y[i]), line->markers_only ? "#fff" : colour,
                     colour);
}

static void add_chart(struct str *out, const struct chart *c, const char *x_title)
{
    struct range r = find_range(c);
    add_grid(out, &r, c, x_title);
    for (int i = 0; i < c->n_lines; i++) {
        const char *colour = colours[i % N_COLOURS];
        double y = TOP + 12 + 20 * i;
        add_line(out, &r, &c->lines[i], colour);
        str_addf(out, "<circle cx=\"%d\" cy=\"%.1f\" r=\"4\" fill=\"%s\" stroke=\"%s\"/>\n",
                 LEFT + PLOT_WIDTH + 20, y - 4, c->lines[i].markers_only ? "#fff" : colour, colour);
        add_text(out, LEFT + PLOT_WIDTH + 30, y, "", c->lines[i].name);
    }
}

void charts_svg(const char *title, const char *x_title, int n, const struct chart *charts,
                struct str *out)
{
    int height = n * HEIGHT + 20;
    str_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
             "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
             "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
             WIDTH, height, WIDTH, height, WIDTH, height);
    add_text(out, LEFT, 18, "font-size=\"14\"", title);
    for (int i = 0; i < n; i++) {
        str_addf(out, "<g transform=\"translate(0 %d)\">\n", 20 + i * HEIGHT);
        add_chart(out, &charts[i], x_title);
        str_add(out, "</g>\n");
    }
    str_add(out, "</svg>\n");
}
