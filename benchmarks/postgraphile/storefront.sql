-- What PostGraphile serves: the three reads over the shop's own tables, for one channel and currency, with the rules of F1.
-- :channel stands for the channel. Only the benchmarks' own database has this schema.
CREATE SCHEMA storefront;

CREATE VIEW storefront.category AS SELECT id, name, slug FROM public.category;
COMMENT ON VIEW storefront.category IS E'@primaryKey id\n@unique slug';

CREATE VIEW storefront.collection AS SELECT id, name, slug FROM public.collection WHERE is_published;
COMMENT ON VIEW storefront.collection IS '@primaryKey id';

CREATE VIEW storefront.product AS
SELECT p.id, p.name, p.slug, p.description, p.category_id, p.created_at, p.search, l.price_min, l.price_max, l.currency,
  (SELECT url FROM public.product_image i WHERE i.product_id = p.id AND i.position = 1) AS thumbnail
FROM public.product p
JOIN public.listing l ON l.product_id = p.id AND l.channel_id = ':channel' AND l.currency = 'EUR'
WHERE p.status = 'ACTIVE' AND p.published_at <= now();
COMMENT ON VIEW storefront.product IS E'@primaryKey id\n@unique slug\n@foreignKey (category_id) references storefront.category (id)|@fieldName category|@behavior -manyRelation:resource:connection -manyRelation:resource:list';
COMMENT ON COLUMN storefront.product.search IS '@behavior -*';

CREATE VIEW storefront.variant AS
SELECT v.id, v.product_id, v.position, v.sku, v.option1, v.option2, v.option3, r.amount, r.currency,
  CASE WHEN NOT v.tracks_stock THEN 'ALWAYS' WHEN s.free > 0 THEN 'IN_STOCK' ELSE 'OUT_OF_STOCK' END AS status,
  CASE WHEN v.tracks_stock THEN greatest(s.free, 0) END AS quantity
FROM public.variant v
JOIN public.price r ON r.variant_id = v.id AND r.channel_id = ':channel' AND r.currency = 'EUR'
CROSS JOIN LATERAL (
  SELECT coalesce(sum(s.on_hand - s.reserved), 0)::bigint AS free
  FROM public.stock s JOIN public.warehouse w ON w.id = s.warehouse_id AND w.is_active WHERE s.variant_id = v.id) s
WHERE v.is_active;
COMMENT ON VIEW storefront.variant IS E'@primaryKey id\n@foreignKey (product_id) references storefront.product (id)|@foreignSimpleFieldName variants|@behavior -manyRelation:resource:connection +manyRelation:resource:list';

CREATE VIEW storefront.image AS SELECT id, product_id, position, url FROM public.product_image;
COMMENT ON VIEW storefront.image IS E'@primaryKey id\n@foreignKey (product_id) references storefront.product (id)|@foreignSimpleFieldName images|@behavior -manyRelation:resource:connection +manyRelation:resource:list';

CREATE TYPE storefront.choice AS (name text, value text);

CREATE FUNCTION storefront.variant_options(v storefront.variant) RETURNS SETOF storefront.choice LANGUAGE sql STABLE AS $$
  SELECT o.name::text, (CASE o.position WHEN 1 THEN v.option1 WHEN 2 THEN v.option2 ELSE v.option3 END)::text
  FROM public.product_option o WHERE o.product_id = v.product_id ORDER BY o.position $$;
COMMENT ON FUNCTION storefront.variant_options IS '@behavior -connection +list';

CREATE FUNCTION storefront.category_ancestors(c storefront.category) RETURNS SETOF storefront.category LANGUAGE sql STABLE AS $$
  SELECT a.* FROM public.category_closure k JOIN storefront.category a ON a.id = k.ancestor_id
  WHERE k.descendant_id = c.id AND k.depth > 0 ORDER BY k.depth DESC $$;
COMMENT ON FUNCTION storefront.category_ancestors IS '@behavior -connection +list';

CREATE FUNCTION storefront.product_collections(p storefront.product) RETURNS SETOF storefront.collection LANGUAGE sql STABLE AS $$
  SELECT c.* FROM public.product_collection m JOIN storefront.collection c ON c.id = m.collection_id
  WHERE m.product_id = p.id ORDER BY c.name, c.id $$;
COMMENT ON FUNCTION storefront.product_collections IS '@behavior -connection +list';

CREATE FUNCTION storefront.category_products(c storefront.category) RETURNS SETOF storefront.product LANGUAGE sql STABLE AS $$
  SELECT p.* FROM storefront.product p
  WHERE EXISTS (SELECT 1 FROM public.product_category m JOIN public.category_closure k ON k.descendant_id = m.category_id
                WHERE m.product_id = p.id AND k.ancestor_id = c.id)
  ORDER BY p.created_at DESC, p.id DESC $$;

CREATE FUNCTION storefront.found(text text, min bigint, max bigint) RETURNS SETOF storefront.product LANGUAGE sql STABLE AS $$
  SELECT p.* FROM storefront.product p
  WHERE p.search @@ websearch_to_tsquery('english', $1) AND p.price_max >= $2 AND p.price_min <= $3
    AND EXISTS (SELECT 1 FROM public.variant v
                JOIN public.price r ON r.variant_id = v.id AND r.channel_id = ':channel' AND r.currency = 'EUR'
                WHERE v.product_id = p.id AND v.is_active AND r.amount BETWEEN $2 AND $3)
  ORDER BY p.price_min, p.id $$;
