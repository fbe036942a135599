// Naumov et al., "Deep learning recommendation model", arXiv 1906.00091, figure 1 and section 5.2:
// the network for the Criteo Kaggle data, one lookup in each table. As its repository
// (facebookresearch/dlrm) exports it.
#include "datasets/nodes.h"
#include "datasets/zoo.h"

enum {
    DENSE = 13,
    DEPTH = 16,
    TABLES = 26,
    VECTORS = TABLES + 1,
    PAIRS = VECTORS * (VECTORS - 1) / 2
};

// Rows of the tables: values of each categorical feature.
static const int64_t rows[TABLES] = {
    1460, 583,   10131227, 2202608, 305,  24,   12517, 633,     3,  93145, 5683,   8351593, 3194,
    27,   14992, 5461306,  10,      5652, 2173, 4,     7046547, 18, 15,    286181, 105,     142572,
};

// All tables' vectors and that of the dense features, [batch, VECTORS, DEPTH].
static struct maps vectors(struct maps dense, struct maps categories)
{
    struct maps all[VECTORS];
    all[0] = unsqueeze(dense, "dense_vector", INTS(1));
    for (int i = 0; i < TABLES; i++) {
        struct maps id = slice(scope(categories, "emb.%d", i), "id", 1, i, i + 1);
        all[i + 1] = embedding(id, "table", rows[i], DEPTH);
    }
    return join("vectors", 1, VECTORS, all);
}

// Products of all vectors with those before them: [batch, PAIRS].
static struct maps pairs(struct maps x)
{
    int64_t places[PAIRS];
    for (int i = 1, k = 0; i < VECTORS; i++)
        for (int j = 0; j < i; j++)
            places[k++] = i * VECTORS + j;
    x = scope(x, "interaction");
    x = matmul(x, "products", transpose(x, "transpose", INTS(0, 2, 1)));
    x = reshape(x, "flatten", INTS(0, VECTORS * VECTORS));
    x = gather(x, "pairs", 1, indices(x, "places", PAIRS, places));
    x.channels = PAIRS;
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps dense = maps_input(g, "dense", TYPE_f32, INTS(1, DENSE), DENSE);
    struct maps categories = maps_input(g, "categories", TYPE_s64, INTS(1, TABLES), TABLES);
    dense = perceptron(dense, "bot", INTS(512, 256, 64, DEPTH), ACT_relu);
    struct maps both[] = {dense, pairs(vectors(dense, categories))};
    both[1].scope = NULL;
    struct maps x = concat(2, both, "features");
    output(perceptron(x, "top", INTS(512, 256, 1), ACT_sigmoid));
}

static const struct zoo_entry entries[] = {
    {"dlrm_kaggle", LIST_modern, "recommendation", 2019,
     "Naumov et al., arXiv 1906.00091, section 5.2", .parameters = 540e6,
     .figures = "arXiv 1906.00091: about 540 million; the widths of its layers: "
                "facebookresearch/dlrm, bench/dlrm_s_criteo_kaggle.sh"},
};

const struct zoo_family family_dlrm = {"dlrm", build, ZOO_ROWS(entries)};
