#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

void table_init(struct table *t, const struct column *columns, int n_columns)
{
    *t = (struct table){.columns = columns, .n_columns = n_columns};
}

void table_release(struct table *t)
{
    for (int i = 0; i < t->n_cells; i++)
        free(t->cells[i].text);
    free(t->cells);
    *t = (struct table){0};
}

int table_rows(const struct table *t)
{
    if (t->n_cells % t->n_columns)
        BUG("a row of %d columns has %d cells", t->n_columns, t->n_cells % t->n_columns);
    return t->n_cells / t->n_columns;
}

static struct cell *next_cell(struct table *t, enum column_kind kind)
{
    const struct column *column = &t->columns[t->n_cells % t->n_columns];
    if (column->kind != kind)
        BUG("cell of another kind in column %s", column->key);
    grow(&t->cells, &t->capacity, t->n_cells + 1, sizeof *t->cells);
    struct cell *cell = &t->cells[t->n_cells++];
    *cell = (struct cell){0};
    return cell;
}

void table_text(struct table *t, const char *text)
{
    struct cell *cell = next_cell(t, COLUMN_text);
    cell->text = text ? xstrdup(text) : NULL;
}

void table_count(struct table *t, int64_t count)
{
    next_cell(t, COLUMN_count)->count = count;
}

void table_real(struct table *t, double real)
{
    next_cell(t, COLUMN_real)->real = real;
}

static json_t *cell_json(const struct column *column, const struct cell *cell)
{
    if (column->kind == COLUMN_count)
        return json_integer(cell->count);
    if (column->kind == COLUMN_real)
        return isfinite(cell->real) ? json_real(cell->real) : json_null();
    return cell->text ? json_text(cell->text) : json_null();
}

json_t *table_json(const struct table *t)
{
    json_t *array = json_array();
    for (int r = 0; r < table_rows(t); r++) {
        json_t *row = json_object();
        for (int c = 0; c < t->n_columns; c++)
            json_object_set_new(row, t->columns[c].key,
                                cell_json(&t->columns[c], &t->cells[r * t->n_columns + c]));
        json_array_append_new(array, row);
    }
    return array;
}

void json_print(json_t *value, FILE *out)
{
    json_dumpf(value, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY);
    fputc('\n', out);
    json_decref(value);
}

static void csv_text(const char *text, FILE *out)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, out);
    fputc('"', out);
}

static void csv_cell(const struct column *column, const struct cell *cell, FILE *out)
{
    if (column->kind == COLUMN_count)
        fprintf(out, "%" PRId64, cell->count);
    else if (column->kind == COLUMN_real && isfinite(cell->real))
        fprintf(out, "%.9g", cell->real);
    else if (column->kind == COLUMN_text && cell->text)
        csv_text(cell->text, out);
}

static void print_csv(const struct table *t, FILE *out)
{
    for (int c = 0; c < t->n_columns; c++)
        fprintf(out, "%s%s", c ? "," : "", t->columns[c].key);
    fputc('\n', out);
    for (int r = 0; r < table_rows(t); r++) {
        for (int c = 0; c < t->n_columns; c++) {
            if (c)
                fputc(',', out);
            csv_cell(&t->columns[c], &t->cells[r * t->n_columns + c], out);
        }
        fputc('\n', out);
    }
}

// What people see of a cell; valid until the next call.
static const char *shown(const struct column *column, const struct cell *cell)
{
    static char text[512];
    double number = column->kind == COLUMN_count ? (double)cell->count : cell->real;
    text[0] = '\0';
    if (column->kind == COLUMN_count && !(column->scale > 0))
        snprintf(text, sizeof text, "%" PRId64, cell->count);
    else if (column->kind != COLUMN_text && isfinite(number))
        snprintf(text, sizeof text, "%.*f", column->digits,
                 number * (column->scale > 0 ? column->scale : 1));
    else if (column->kind == COLUMN_text && cell->text)
        printable(text, sizeof text, cell->text);
    return *text ? text : "-";
}

// Columns on a terminal: characters, not bytes.
static int width_of(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static int column_width(const struct table *t, int c)
{
    int width = width_of(t->columns[c].title);
    for (int r = 0; r < table_rows(t); r++) {
        int w = width_of(shown(&t->columns[c], &t->cells[r * t->n_columns + c]));
        if (w > width)
            width = w;
    }
    return width;
}

// Numbers to the right, text to the left; nothing is added behind the last column.
static void print_aligned(const char *text, int width, bool right, bool last, FILE *out)
{
    int padding = width - width_of(text);
    fprintf(out, "%*s%s%*s", right ? padding : 0, "", text, right || last ? 0 : padding, "");
    fputs(last ? "\n" : "  ", out);
}

static void print_people(const struct table *t, FILE *out)
{
    int *visible = xcalloc((size_t)t->n_columns, sizeof *visible), n = 0;
    int *width = xcalloc((size_t)t->n_columns, sizeof *width);
    for (int c = 0; c < t->n_columns; c++) {
        if (!t->columns[c].title)
            continue;
        width[c] = column_width(t, c);
        visible[n++] = c;
    }
    for (int r = -1; r < table_rows(t); r++) {
        for (int i = 0; i < n; i++) {
            const struct column *column = &t->columns[visible[i]];
            const char *text =
                r < 0 ? column->title : shown(column, &t->cells[r * t->n_columns + visible[i]]);
            print_aligned(text, width[visible[i]], column->kind != COLUMN_text, i == n - 1, out);
        }
    }
    free(visible);
    free(width);
}

void table_print(const struct table *t, const struct options *o, FILE *out)
{
    if (o->json)
        json_print(table_json(t), out);
    else if (o->csv)
        print_csv(t, out);
    else
        print_people(t, out);
}

static void print_json_sections(const struct section *sections, int n, FILE *out)
{
    json_t *object = json_object();
    for (int i = 0; i < n; i++)
        json_object_set_new(object, sections[i].key, table_json(sections[i].table));
    json_print(object, out);
}

void sections_print(const struct section *sections, int n, const struct options *o, FILE *out)
{
    if (o->json) {
        print_json_sections(sections, n, out);
        return;
    }
    for (int i = 0, printed = 0; i < n; i++) {
        if (table_rows(sections[i].table) == 0)
            continue;
        if (printed++)
            fputc('\n', out);
        if (sections[i].heading && !o->csv)
            fprintf(out, "%s\n", sections[i].heading);
        table_print(sections[i].table, o, out);
    }
}
