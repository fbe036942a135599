// Liu et al., "Swin transformer", arXiv 2103.14030, section 3 and table 7. Features are
// [batch, height, width, channels], in windows [windows, pixels of a window, channels].
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { SIZE = 224, STAGES = 4, WINDOW = 7, PIXELS = WINDOW * WINDOW, SHIFT = WINDOW / 2 };
enum { RELATIVE = 2 * WINDOW - 1, MAX_SIDE = SIZE / 4 };

struct swin {
    int blocks[STAGES];
    int64_t channels, heads; // of the first stage; the next ones have twice as many
};

// A stage and what its blocks have in common.
struct stage {
    int64_t side, heads;
    struct maps places;       // of keys relative to queries
    struct maps shifted_mask; // where windows are shifted
};

// ---- windows -------------------------------------------------------------------------------

static struct maps to_windows(struct maps x, int64_t side)
{
    const int64_t n = side / WINDOW, channels = x.channels;
    x = reshape(x, "grid", INTS(0, n, WINDOW, n, WINDOW, channels));
    x = transpose(x, "windows", INTS(0, 1, 3, 2, 4, 5));
    return reshape(x, "pixels", INTS(-1, PIXELS, channels));
}

static struct maps from_windows(struct maps x, int64_t side)
{
    const int64_t n = side / WINDOW, channels = x.channels;
    x = reshape(x, "back.windows", INTS(-1, n, n, WINDOW, WINDOW, channels));
    x = transpose(x, "back.grid", INTS(0, 1, 3, 2, 4, 5));
    return reshape(x, "back.pixels", INTS(-1, side, side, channels));
}

// Rows, or columns, from `first` on, then those before it.
static struct maps roll(struct maps x, const char *name, int64_t axis, int64_t first)
{
    struct maps at = within(x, "%s", name), parts[2];
    parts[0] = slice(at, "last", axis, first, INT64_MAX);
    parts[1] = slice(at, "first", axis, 0, first);
    return rescope(join("join", axis, 2, parts), x);
}

// Shifted windows at the border join pixels that are not neighbours: these do not see each other.
// Of a row or column: whether it is inside, in the last window, or from the other side.
static int region_of(int64_t place, int64_t side)
{
    return place < side - WINDOW ? 0 : place < side - SHIFT ? 1 : 2;
}

// [1, windows, 1, PIXELS, PIXELS] from the region of every pixel of every window.
static struct maps shifted_mask(struct maps x, int64_t side)
{
    const int64_t n = side / WINDOW;
    float regions[MAX_SIDE * MAX_SIDE];
    for (int64_t i = 0; i < side * side; i++) {
        int64_t window = i / PIXELS, pixel = i % PIXELS;
        int64_t row = window / n * WINDOW + pixel / WINDOW;
        int64_t column = window % n * WINDOW + pixel % WINDOW;
        regions[i] = (float)(3 * region_of(row, side) + region_of(column, side));
    }
    x = within(x, "mask");
    struct maps all = constant(x, "regions", TYPE_f32, INTS(1, n * n, 1, PIXELS), regions);
    struct maps other = binary(unsqueeze(all, "queries", INTS(4)), "difference", OP_Sub,
                               unsqueeze(all, "keys", INTS(3)));
    struct maps same = with_number(other, "same", OP_Equal, 0);
    struct maps none = constant(x, "none", TYPE_f32, 0, NULL, (const float[]){0});
    struct maps much = constant(x, "much", TYPE_f32, 0, NULL, (const float[]){-100});
    x = where(same, "where", none, much);
    x.channels = PIXELS;
    return x;
}

// ---- blocks --------------------------------------------------------------------------------

// What is added to the scores for the place of the key relative to the query: [1, heads, PIXELS,
// PIXELS].
static struct maps position_bias(struct maps x, struct maps places, int64_t heads)
{
    x = within(x, "relative_position_bias");
    x = embedding(rescope(places, x), "table", RELATIVE * RELATIVE, heads);
    x = reshape(x, "reshape", INTS(PIXELS, PIXELS, heads));
    return unsqueeze(transpose(x, "transpose", INTS(2, 0, 1)), "unsqueeze", INTS(0));
}

// In all blocks' tables the rows of the keys relative to the queries.
static struct maps relative_places(struct maps x)
{
    int64_t rows[PIXELS * PIXELS];
    for (int i = 0; i < PIXELS * PIXELS; i++) {
        int q = i / PIXELS, k = i % PIXELS;
        rows[i] = (q / WINDOW - k / WINDOW + WINDOW - 1) * RELATIVE + q % WINDOW - k % WINDOW +
                  WINDOW - 1;
    }
    return indices(x, "relative_position", PIXELS * PIXELS, rows);
}

static struct maps window_attention(struct maps x, const struct stage *s, bool shifted)
{
    struct maps at = within(x, "attn");
    struct attention a = {
        s->heads, BIAS_all, {.masked = true, .mask = position_bias(at, s->places, s->heads)}};
    if (shifted) {
        at = roll(roll(at, "up", 1, SHIFT), "left", 2, SHIFT);
        a.scores.windows = s->side * s->side / PIXELS;
        a.scores.window_mask = s->shifted_mask;
    }
    at = to_windows(at, s->side);
    at = from_windows(attention(at, at, "heads", &a), s->side);
    if (shifted)
        at = roll(roll(at, "down", 1, s->side - SHIFT), "right", 2, s->side - SHIFT);
    return rescope(at, x);
}

static struct maps block(struct maps x, const struct stage *s, bool shifted)
{
    x = add(x, window_attention(layer_norm(x, "norm1", 1e-5f), s, shifted), "add1");
    struct maps y = layer_norm(x, "norm2", 1e-5f);
    return add(x, mlp(y, "mlp", 4 * x.channels, GELU_erf), "add2");
}

// Four neighbours become one pixel of twice the channels.
static struct maps merge(struct maps x)
{
    struct maps parts[4];
    int64_t channels = x.channels;
    for (int i = 0; i < 4; i++) {
        struct maps at = within(x, "part.%d", i);
        parts[i] = every_second(every_second(at, "rows", 1, i % 2), "columns", 2, i / 2);
    }
    x = rescope(join("join", -1, 4, parts), x);
    return linear_without_bias(layer_norm(x, "norm", 1e-5f), "reduction", 2 * channels);
}

static void build(struct graph *g, const void *arguments)
{
    const struct swin *n = arguments;
    struct stage s = {.side = SIZE / 4, .heads = n->heads};
    struct maps x =
        conv(image(g, SIZE), "stem", n->channels, (struct window){.kernel = 4, .stride = 4});
    x = layer_norm(transpose(x, "stem.transpose", INTS(0, 2, 3, 1)), "stem.norm", 1e-5f);
    s.places = relative_places(x);
    for (int i = 0; i < STAGES; i++) {
        bool shifts = s.side > WINDOW;
        if (shifts)
            s.shifted_mask = shifted_mask(scope(x, "stages.%d", i), s.side);
        for (int k = 0; k < n->blocks[i]; k++)
            x = block(scope(x, "stages.%d.%d", i, k), &s, shifts && k % 2);
        if (i < STAGES - 1)
            x = merge(scope(x, "stages.%d.merge", i));
        s.side /= 2;
        s.heads *= 2;
    }
    x = transpose(layer_norm(scope(x, "head"), "norm", 1e-5f), "transpose", INTS(0, 3, 1, 2));
    output(fc(flatten(global_average_pool(x, "pool"), "flatten", 1), "fc", 1000));
}

#define SOURCE "Liu et al., arXiv 2103.14030, table 7"
static const struct swin tiny = {{2, 2, 6, 2}, 96, 3}, small = {{2, 2, 18, 2}, 96, 3};

static const struct zoo_entry entries[] = {
    {"swin_t", LIST_modern, "classification", 2021, SOURCE, .parameters = 28288354, .gmacs = 4.491,
     .figures = TORCHVISION, .arguments = &tiny},
    {"swin_s", LIST_modern, "classification", 2021, SOURCE, .parameters = 49606258, .gmacs = 8.741,
     .figures = TORCHVISION, .arguments = &small},
};

const struct zoo_family family_swin = {"swin", build, ZOO_ROWS(entries)};
