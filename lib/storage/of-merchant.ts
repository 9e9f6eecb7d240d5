import {
  AliasNode,
  ColumnNode,
  type DeleteQueryNode,
  ExpressionWrapper,
  IdentifierNode,
  type InsertQueryNode,
  type JoinNode,
  type Kysely,
  type KyselyPlugin,
  ListNode,
  OnNode,
  type OperationNode,
  OperationNodeTransformer,
  PrimitiveValueListNode,
  SelectionNode,
  SelectQueryNode,
  sql,
  TableNode,
  type UpdateQueryNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** The only access to rows: only `ofMerchant` and `acrossMerchants` return it. */
export type Rows = Pick<Kysely<Tables>, "selectFrom" | "insertInto" | "updateTable" | "deleteFrom">;

/**
 * The rows of one merchant. Every table that a statement names, in joins and sub-queries too, is restricted to this
 * merchant, and inserted rows get this merchant's id. Raw `sql` inside a statement is not changed.
 */
export function ofMerchant(db: Database, userId: string): Rows {
  return everyones(db).withPlugin(narrowingTo(userId));
}

/**
 * All merchants' rows, or only those of `userId` if it is given. Each use says in a comment why it crosses merchants.
 */
export function acrossMerchants(db: Database, userId?: string): Rows {
  return /* mutation: narrowing-operator */ userId === undefined ? everyones(db) : ofMerchant(db, userId);
}

const everyones = (db: Database) => db.$extendTables<Tables>();

function narrowingTo(userId: string): KyselyPlugin {
  const narrowing = new Narrowing(userId);
  return {
    transformQuery: ({ node }) => narrowing.transformNode(node),
    transformResult: async ({ result }) => result,
  };
}

/** The column that holds the id of the merchant who owns a row. */
const ownerIn = (table: string) => (table === "users" ? "id" : "user_id");

class Narrowing extends OperationNodeTransformer {
  readonly #userId: string;

  constructor(userId: string) {
    super();
    this.#userId = userId;
  }

  protected override transformSelectQuery(original: SelectQueryNode): SelectQueryNode {
    const query = super.transformSelectQuery(original);
    return {
      ...query,
      ...this.#where(/* mutation: narrowing-select */ query.from?.froms ?? [], query.where),
    };
  }

  protected override transformUpdateQuery(original: UpdateQueryNode): UpdateQueryNode {
    const query = super.transformUpdateQuery(original);
    const tables = ListNode.is(query.table!) ? query.table.items : [query.table!];
    return { ...query, ...this.#where(/* mutation: narrowing-update */ tables, query.where) };
  }

  protected override transformDeleteQuery(original: DeleteQueryNode): DeleteQueryNode {
    const query = super.transformDeleteQuery(original);
    return { ...query, ...this.#where(/* mutation: narrowing-delete */ query.from.froms, query.where) };
  }

  protected override transformJoin(original: JoinNode): JoinNode {
    const join = super.transformJoin(original);
    // Other joins also return rows of the joined table that do not match its ON condition.
    // mutation: narrowing-join-kind
    if (join.joinType !== "InnerJoin" && join.joinType !== "LeftJoin")
      throw new Error(`cannot restrict a ${join.joinType} to one merchant: use an inner or left join`);
    const on = this.#within([/* mutation: narrowing-join */ join.table], join.on?.on);
    return on ? { ...join, on: OnNode.create(on) } : join;
  }

  protected override transformInsertQuery(original: InsertQueryNode): InsertQueryNode {
    const query = super.transformInsertQuery(original);
    const owner = ColumnNode.create(ownerIn(query.into!.table.identifier.name));
    return { ...query, columns: [...query.columns!, owner], values: this.#owned(query.values!) };
  }

  #where(tables: readonly OperationNode[], where: WhereNode | undefined): { where?: WhereNode } {
    const condition = this.#within(tables, where?.where);
    return condition ? { where: WhereNode.create(condition) } : {};
  }

  /**
   * Adds the owner's condition and puts `condition` in parentheses, so that no `OR` in it reaches other merchants'
   * rows.
   */
  #within(tables: readonly OperationNode[], condition?: OperationNode): OperationNode | null {
    const owned = tables.flatMap((table) => this.#isOwned(table) ?? []);
    const all = condition
      ? [...owned, /* mutation: narrowing-or */ sql`(${new ExpressionWrapper(condition)})`]
      : owned;
    return all.length === 0 ? null : sql.join(all, sql` and `).toOperationNode();
  }

  #isOwned(named: OperationNode) {
    const { node: table, alias } = AliasNode.is(named) ? named : { node: named, alias: undefined };
    // A sub-query was already restricted.
    if (SelectQueryNode.is(table)) return null;
    if (!TableNode.is(table))
      throw new Error(`cannot restrict a ${table.kind} to one merchant: name a table or use a sub-query`);
    const { name } = table.table.identifier;
    const called = alias && IdentifierNode.is(alias) ? alias.name : name;
    return sql`${sql.ref(`${called}.${ownerIn(name)}`)} = ${this.#userId}`;
  }

  #owned(values: OperationNode): OperationNode {
    const owner = ValueNode.create(this.#userId);
    if (SelectQueryNode.is(values)) {
      const selected = AliasNode.create(/* mutation: narrowing-copy */ owner, IdentifierNode.create("owner"));
      return SelectQueryNode.cloneWithSelections(values, [SelectionNode.create(selected)]);
    }
    if (!ValuesNode.is(values))
      throw new Error(`cannot insert a ${values.kind} for one merchant: use values or a SELECT`);
    return ValuesNode.create(
      values.values.map((row) =>
        PrimitiveValueListNode.is(row)
          ? PrimitiveValueListNode.create([...row.values, /* mutation: narrowing-insert */ this.#userId])
          : ValueListNode.create([...row.values, owner]),
      ),
    );
  }
}
