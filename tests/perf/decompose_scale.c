// Does decomposing take time in proportion to the layers? Decomposes generated residual networks of
// many widths, depths, resolutions and granularities into one suite, and then single networks that
// grow. Prints a line per class of depth and per growing network:
//   what  models  layers  seconds  microseconds per layer
// and the exponent of time over layers, which is 1 if time is linear.
// usage: decompose_scale N_VARIANTS MAX_LAYERS G
//
// build/release/tests/perf_decompose_scale 10000 64000 1: 2,150,000 layers of 10,000 networks of one
// name in 12 s and 115 MB, 4 to 7 us per layer, exponents 1.09 and 0.99; two cores of an AMD EPYC
// (Zen 5) that others used as well.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "decompose/decompose.h"
#include "runner/clock.h"

struct shape {
    int64_t width, resolution;
    int blocks; // of four layers: convolution, activation, convolution, sum
};

enum { LAYERS_OF_BLOCK = 4 };

static int conv(struct graph *g, int x, int64_t from, int64_t to)
{
    struct tensor w = {TYPE_f32, LAYOUT_row, 4, {to, from, 3, 3}};
    int src[] = {x, graph_add_value(g, VALUE_weight, "w", &w)};
    int dst = graph_add_value(g, VALUE_node, NULL, NULL);
    struct node *n = graph_add_node(g, OP_Conv, "conv", 2, src, 1, &dst);
    node_set_ints(g, n, ATTR_pads, 4, (const int64_t[]){1, 1, 1, 1});
    return dst;
}

static int apply(struct graph *g, enum op op, int n_src, const int *src)
{
    int dst = graph_add_value(g, VALUE_node, NULL, NULL);
    graph_add_node(g, op, "layer", n_src, src, 1, &dst);
    return dst;
}

static void build(struct graph *g, struct shape s)
{
    struct tensor image = {TYPE_f32, LAYOUT_row, 4, {1, 3, s.resolution, s.resolution}};
    graph_init(g);
    g->opset = 13;
    int x = conv(g, graph_add_input(g, "x", &image), 3, s.width);
    for (int i = 0; i < s.blocks; i++) {
        int y = conv(g, x, s.width, s.width);
        y = apply(g, OP_Relu, 1, &y);
        y = conv(g, y, s.width, s.width);
        x = apply(g, OP_Add, 2, (const int[]){x, y});
    }
    graph_add_output(g, x);
    graph_index(g);
}

static double now_s(void)
{
    return (double)clock_now(&clock_monotonic) * 1e-9;
}

// Seconds from a graph of ONNX nodes to a model of the suite.
static double decompose(struct suite *s, struct shape shape)
{
    struct graph g;
    struct error err = {0};
    build(&g, shape);
    double start_s = now_s();
    if (graph_to_steps(&g, &(struct decompose_options){0}, &err) ||
        split(s, &g, "variant", "generated", &err))
        BUG("%s", err.text);
    double seconds = now_s() - start_s;
    graph_release(&g);
    return seconds;
}

// A line through log(seconds) over log(layers).
struct fit {
    double n, x, y, xx, xy;
};

static void fit_add(struct fit *f, double layers, double seconds)
{
    double x = log(layers), y = log(seconds);
    f->n++;
    f->x += x;
    f->y += y;
    f->xx += x * x;
    f->xy += x * y;
}

static double fit_exponent(const struct fit *f)
{
    return (f->n * f->xy - f->x * f->y) / (f->n * f->xx - f->x * f->x);
}

static void print_line(const char *what, int models, double layers, double seconds)
{
    printf("%-12s %7d %9.0f %9.4f %15.2f\n", what, models, layers, seconds, 1e6 * seconds / layers);
}

static double layers_of(struct shape s)
{
    return 1 + (double)LAYERS_OF_BLOCK * s.blocks;
}

static void time_variants(int n, int granularity)
{
    enum { N_CLASSES = 5 };
    static const int64_t widths[] = {8, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    static const int64_t resolutions[] = {32, 64, 96, 128, 160, 192, 224, 256, 288, 320};
    int models[N_CLASSES] = {0};
    double layers[N_CLASSES] = {0}, seconds[N_CLASSES] = {0}, start_s = now_s();
    struct fit fit = {0};
    struct suite s;
    suite_init(&s, granularity);
    for (int i = 0; i < n; i++) {
        struct shape shape = {widths[i % 10], resolutions[i / 10 % 10], 4 + i / 100 % 100};
        int class = (shape.blocks - 4) / 20;
        double took_s = decompose(&s, shape);
        models[class]++;
        layers[class] += layers_of(shape);
        seconds[class] += took_s;
        fit_add(&fit, layers_of(shape), took_s);
    }
    for (int i = 0; i < N_CLASSES; i++) {
        char what[32];
        snprintf(what, sizeof what, "%d-%d", 1 + LAYERS_OF_BLOCK * (4 + 20 * i),
                 1 + LAYERS_OF_BLOCK * (23 + 20 * i));
        if (models[i])
            print_line(what, models[i], layers[i], seconds[i]);
    }
    printf("%d variants, %d unique bricks, %.2f s: exponent %.3f\n", n, s.n_bricks,
           now_s() - start_s, fit_exponent(&fit));
    suite_release(&s);
}

static void time_growing(int most, int granularity)
{
    struct fit fit = {0};
    for (int blocks = 250; LAYERS_OF_BLOCK * blocks <= most; blocks *= 4) {
        struct shape shape = {16, 32, blocks};
        struct suite s;
        suite_init(&s, granularity);
        double seconds = decompose(&s, shape);
        suite_release(&s);
        print_line("one network", 1, layers_of(shape), seconds);
        fit_add(&fit, layers_of(shape), seconds);
    }
    printf("growing networks: exponent %.3f\n", fit_exponent(&fit));
}

int main(int argc, char **argv)
{
    if (argc != 4 || atoi(argv[1]) < 1 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: decompose_scale N_VARIANTS MAX_LAYERS G\n");
        return 2;
    }
    printf("%-12s %7s %9s %9s %15s\n", "what", "models", "layers", "seconds", "us per layer");
    time_variants(atoi(argv[1]), atoi(argv[3]));
    time_growing(atoi(argv[2]), atoi(argv[3]));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %.0f MB\n", (double)usage.ru_maxrss / 1024);
    return 0;
}
